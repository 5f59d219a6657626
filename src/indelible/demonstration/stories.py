"""What happens in the demonstration's year: invented deviations and the CAPAs some of them lead to, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """The CAPA of a story: cause, actions (what, kind, days until due), why they do no harm, criterion, result."""

    root_cause: str
    risk: str
    actions: tuple[tuple[str, str, int], ...]
    no_harm: str
    measure: str
    target: str
    source: str
    window: int
    result: str


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of deviation; `{lot}`, `{room}`, `{n}` are filled from the telling's own numbers."""

    title: str
    area: str
    product: str
    facts: str
    immediate: str
    systems: str
    documents: str
    classification: str
    why_class: str
    category: str
    cause: str
    impact: str
    other_lots: str
    correction: str
    assessment: str
    plan: Plan | None = None
    sharper_cause: str = ""
    """A second, better sentence that replaces the cause while it is investigated, with `sharper_why` as the reason."""
    sharper_why: str = ""


STORIES: Final = (
    Story(
        title="Seal strength below limit on lot {lot}",
        area="Packaging line 3",
        product="Catheter set CX-20",
        facts="In-process testing of lot {lot} found a seal strength of 1.{n} N/15 mm against a limit of 1.5 N/15 mm "
        "(SOP-112). Three of thirteen pouches were below the limit. No units were shipped.",
        immediate="Line stopped, lot placed on hold, the last two hours of production segregated and labelled.",
        systems="Sealer SL-03, seal bar thermocouple TC-03B",
        documents="SOP-112 Heat sealing, version 9",
        classification="major",
        why_class="Sterile barrier could be affected; no product left the site.",
        category="machine",
        cause="The seal bar thermocouple read 9 °C too high.",
        sharper_cause="The seal bar thermocouple drifted by 9 °C between calibrations, so that the bar ran too cold. The "
        "calibration interval of 12 months had been set without drift data.",
        sharper_why="Calibration laboratory's as-found reading arrived (report CL-88{n})",
        impact="Sterile barrier integrity of the affected pouches cannot be shown; they are rejected.",
        other_lots="Lots sealed since the last passing check were tested again, 13 pouches each: all at or above 1.7 N/15 mm.",
        correction="Thermocouple replaced, bar recalibrated, affected pouches rejected.",
        assessment="Cause shown by the as-found reading; other lots evaluated with fresh data; disposition agreed.",
        plan=Plan(
            root_cause="Calibration interval was fixed at 12 months without drift data; nothing warned between calibrations.",
            risk="high",
            actions=(
                (
                    "Replace the thermocouples of all sealers of this type and recalibrate the bars",
                    "corrective",
                    21,
                ),
                (
                    "Shorten the calibration interval to 3 months and review it on drift data",
                    "preventive",
                    45,
                ),
                (
                    "Add a drift alarm to the line controller, limit ±3 °C against a second sensor",
                    "preventive",
                    75,
                ),
            ),
            no_harm="Same sensor type and range; sealing window re-verified by three runs under protocol VP-31 before use.",
            measure="Seal strength results below 1.5 N/15 mm",
            target="None in the window, all lots",
            source="In-process test data of packaging lines 1 to 4",
            window=90,
            result="Window over: 214 lots tested, lowest single result 1.62 N/15 mm; the alarm fired once and was acted on.",
        ),
    ),
    Story(
        title="Refrigerator {room} above 8 °C for {n} hours",
        area="Raw material store",
        product="Monoclonal antibody intermediate",
        facts="The monitoring system shows 9.4 °C at most in refrigerator {room} over {n} hours during the night. The alarm "
        "call went to a number that is no longer in use. Stored: lot {lot}, 14 bottles.",
        immediate="Bottles moved to the back-up refrigerator and quarantined; alarm list corrected the same morning.",
        systems="Refrigerator {room}, monitoring system EMS-1",
        documents="SOP-044 Storage of temperature-sensitive material, version 6; alarm call list of the site",
        classification="major",
        why_class="Material at risk; stability data exist and must be judged.",
        category="method",
        cause="The door gasket was torn; the alarm call list was not updated when the on-call engineer left.",
        impact="Excursion lies inside the validated 24 h at 15 °C of stability study ST-12; quality is not affected.",
        other_lots="Two other lots were in the same refrigerator and are covered by the same study.",
        correction="Gasket replaced, lot released after assessment of the excursion.",
        assessment="Stability data cover the excursion; the alarm path is the true failure and goes to a CAPA.",
        plan=Plan(
            root_cause="Leaving of staff does not trigger a change of alarm lists: the leaver's form has no line for it.",
            risk="medium",
            actions=(
                ("Add alarm lists to the leaver's form and train the line managers", "corrective", 30),
                ("Test every alarm path by a call each month and record it", "preventive", 30),
            ),
            no_harm="No change to equipment or to storage conditions; test calls are announced to the on-call engineer.",
            measure="Alarm calls not answered within 15 minutes",
            target="None in 60 days",
            source="Monitoring system call log",
            window=60,
            result="62 test calls and 3 real alarms, all answered within 9 minutes.",
        ),
    ),
    Story(
        title="Second-person check missing in batch record of {lot}",
        area="Compounding",
        product="Ophthalmic solution 0.5 %",
        facts="Step 14 (pH adjustment) of lot {lot} has the operator's entry but no entry of the verifier. Found on review {n} "
        "days later. The pH printout is attached to the record and within limits.",
        immediate="Review stopped; lot kept in quarantine; both people interviewed the same day.",
        systems="pH meter PH-07",
        documents="Master batch record MBR-310, version 4",
        classification="minor",
        why_class="Printout proves the value; control step was missed.",
        category="person",
        cause="The verifier was called to another room between reading and recording; the step was then taken for done.",
        impact="None: the printed value 7.2 lies within 7.0 to 7.4 and is time-stamped.",
        other_lots="The last twenty records of this product were read for the same step: complete.",
        correction="Late entry made and countersigned with reference to the printout; team briefed.",
        assessment="Explained by evidence, no pattern in the last twenty records.",
    ),
    Story(
        title="Wrong version of SOP-2{n}1 at the point of use in {room}",
        area="Quality control laboratory",
        product="",
        facts="A printed copy of version 5 lay at the bench although version 6 had been in force for {n} days. Two analyses of lot "
        "{lot} were run by it.",
        immediate="Copy removed and destroyed; both analyses repeated by version 6.",
        systems="HPLC-4",
        documents="SOP-2{n}1, versions 5 and 6",
        classification="minor",
        why_class="The versions differ only in the order of rinsing.",
        category="method",
        cause="Printed copies are not numbered, so that nobody knew that a third one existed.",
        impact="Repeat results agree within 0.2 %; no effect on release.",
        other_lots="All benches of the laboratory were inspected; no other superseded copy was found.",
        correction="Results of version 6 reported; those of version 5 kept with the record.",
        assessment="Difference between the versions judged; repeat analyses agree.",
    ),
    Story(
        title="Particle count above action limit in {room}",
        area="Filling, grade A",
        product="Vial 10 mL, lot {lot}",
        facts="Airborne particles ≥ 5 µm reached 2{n} per m³ (action limit 20) for four minutes while the stopper bowl was refilled.",
        immediate="Filling interrupted by the operator, vials of this interval removed and rejected.",
        systems="Particle counter PC-2, stopper bowl SB-1",
        documents="SOP-301 Aseptic interventions, version 11",
        classification="critical",
        why_class="Grade A environment during an aseptic operation.",
        category="method",
        cause="The stopper bag was opened above the bowl instead of beside it.",
        sharper_cause="The stopper bag was opened above the bowl: SOP-301 shows the position only in a drawing that faces the other "
        "line, and the operator works on both.",
        sharper_why="Video of the intervention compared with the procedure",
        impact="Vials of the interval are rejected; viable counts and the media fill of the month show no growth.",
        other_lots="Recorded interventions of the month were watched: one more with the same position, before filling had begun.",
        correction="Interval rejected, team shown the recording, drawing corrected as an urgent change.",
        assessment="Interval removed, sterility assurance supported by media fill and viable counts.",
        plan=Plan(
            root_cause="The procedure describes one line in a mirror image; operators of both lines follow the same text.",
            risk="high",
            actions=(
                ("Issue SOP-301 with one drawing a line and a marked place for the bag", "corrective", 20),
                (
                    "Qualify all aseptic operators on the changed intervention by observation",
                    "preventive",
                    50,
                ),
            ),
            no_harm="The intervention becomes shorter; smoke studies of both positions are on file (SS-09, SS-10).",
            measure="Particle excursions during stopper refills",
            target="None in 45 days on both lines",
            source="Particle monitoring of lines 1 and 2",
            window=45,
            result="One excursion of two minutes on line 2 in the window; its cause was again the position of the bag.",
        ),
    ),
    Story(
        title="Label reconciliation differs by {n} on lot {lot}",
        area="Labelling",
        product="Tablet 50 mg",
        facts="Issued 12,400 labels; used, returned and destroyed together 12,400 less {n}. The line was searched twice.",
        immediate="Line clearance repeated with QA present; finished cartons of the lot held.",
        systems="Labeller LB-2",
        documents="SOP-150 Label control, version 7",
        classification="major",
        why_class="Label mix-up cannot be excluded until the difference is explained.",
        category="measurement",
        cause="The counter of the labeller counts one label twice after each splice.",
        impact="None: the difference equals the number of splices in the print roll's log.",
        other_lots="Counts of the last thirty lots were compared with their splices: all explained.",
        correction="Reconciliation corrected with the splice log attached; counter set aside for repair.",
        assessment="Explained to the last label by an independent log.",
    ),
    Story(
        title="Supplier certificate of lot {lot} lacks the residual solvent result",
        area="Incoming inspection",
        product="Excipient: hypromellose",
        facts="The certificate of analysis of lot {lot} has no result for residual solvents. {n} drums had been released to the store.",
        immediate="Drums blocked in the stock system; supplier asked for the result the same day.",
        systems="Stock system, status of material",
        documents="Specification SP-077, version 3",
        classification="minor",
        why_class="Not used yet; result can be obtained.",
        category="supplier",
        cause="The supplier changed the certificate's template; incoming inspection compares only lines that are present.",
        impact="None: the result sent later (210 ppm) is within the limit of 1,000 ppm.",
        other_lots="Certificates of this supplier since the change of template: two, both complete.",
        correction="Certificate corrected by the supplier; drums released again.",
        assessment="Material was blocked before use; corrected certificate is on file.",
        plan=Plan(
            root_cause="The check of certificates goes line by line through the certificate and not through the specification.",
            risk="low",
            actions=(
                (
                    "Turn the check sheet around: one line for each line of the specification",
                    "preventive",
                    40,
                ),
            ),
            no_harm="Paper form only; no change to tests or limits.",
            measure="Released lots with an incomplete certificate",
            target="None in 60 days",
            source="Monthly check of 40 released lots",
            window=60,
            result="80 lots checked in the window, all complete.",
        ),
    ),
    Story(
        title="Balance {room} used one day past its calibration",
        area="Weighing",
        product="Granulate, lot {lot}",
        facts="Balance {room} was due on the day before; {n} weighings of lot {lot} were made with it. Its sticker was covered.",
        immediate="Balance taken out of use and calibrated the same afternoon.",
        systems="Balance {room}",
        documents="SOP-020 Calibration, version 8",
        classification="minor",
        why_class="As-found check passed.",
        category="machine",
        cause="The reminder list is printed weekly; the balance became due between two prints.",
        impact="None: as found within 0.02 % of the reference, limit 0.1 %.",
        other_lots="No other lot was weighed on it that day.",
        correction="Calibrated; daily list replaces the weekly print.",
        assessment="As-found data show that the weighings were right.",
    ),
    Story(
        title="Power dip stopped the lyophiliser during lot {lot}",
        area="Freeze drying",
        product="Lyophilised powder for injection",
        facts="A dip of {n}00 ms restarted the controller in primary drying. Shelf temperature rose from −24 °C to −19 °C before "
        "control came back. The cycle was completed.",
        immediate="Cycle data secured; lot quarantined for extended testing.",
        systems="Lyophiliser LY-2, controller, emergency power supply UPS-5",
        documents="Batch record of lot {lot}; validation report VR-18",
        classification="major",
        why_class="Critical process parameter left its range.",
        category="environment",
        cause="The battery of the emergency supply had reached its end of life; its test runs without load.",
        impact="Product temperature stayed 6 °C under the collapse temperature; extended tests of cake, moisture and assay pass.",
        other_lots="No other lyophiliser runs on this supply.",
        correction="Battery replaced; lot released on the extended tests.",
        assessment="Margin to collapse shown by product probes; tests pass.",
        plan=Plan(
            root_cause="Emergency supplies are tested without load, so that an aged battery passes.",
            risk="medium",
            actions=(
                ("Test each emergency supply under load every six months", "preventive", 60),
                ("Replace batteries older than four years on the whole site", "corrective", 80),
            ),
            no_harm="Tests are planned between batches; bypass is open during them.",
            measure="Controller restarts caused by power dips",
            target="None in 90 days",
            source="Controller event log, grid log",
            window=90,
            result="Three dips in the grid's log, no restart.",
        ),
    ),
    Story(
        title="Sample {lot}/{n} lost between store and laboratory",
        area="Stability",
        product="Capsule 25 mg",
        facts="Sample {lot}/{n} of the 12-month point was booked out of the chamber but did not arrive at the bench.",
        immediate="Chamber, transport boxes and bench searched; reserve sample drawn and tested within the window.",
        systems="Stability chamber CH-3, sample book",
        documents="Protocol ST-40",
        classification="minor",
        why_class="Reserve sample tested inside the allowed window.",
        category="person",
        cause="Not determined. The box was seen at hand-over; the search covered both departments and the waste of the day.",
        impact="None: the reserve sample gave the result of the time point.",
        other_lots="All other samples of the day arrived (19 of 19).",
        correction="Hand-over by signature for each box from now on.",
        assessment="Loss cannot be explained; the reserve covers the time point; hand-over is tightened.",
    ),
)
