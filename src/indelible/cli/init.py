"""`indelible init`: a new installation with its database, roles, keys and first two people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict

from indelible.cli.answers import HomeOption, JsonOption, Problem, answer, tell
from indelible.cli.installation import (
    choose_home,
    database_up,
    django_ready,
    owner_url,
    reachable,
    superuser_url,
)
from indelible.home import configuration, keys, roles
from indelible.home.addresses import database_address
from indelible.home.layout import Home
from indelible.home.postgres import Server
from indelible.kernel.identity.types import Newcomer, Place

_REASON: Final = "First installation by indelible init"
_NOT_NAMED: Final = (
    "person.one:Person One:person.one@company.example",
    "person.two:Person Two:person.two@company.example",
)


def init(
    organisation: Annotated[str, typer.Option(help="The company's name.")] = "The company",
    company: Annotated[str, typer.Option(help="The company's short code.")] = "MAIN",
    site: Annotated[str, typer.Option(help="The first site's short code.")] = "MAIN",
    site_name: Annotated[str, typer.Option(help="The first site's name.")] = "Main site",
    zone: Annotated[str, typer.Option(help="The first site's time zone, such as Europe/Zurich.")] = "UTC",
    administrator: Annotated[
        str, typer.Option(help="System administrator, as user_id:Full Name:e-mail.")
    ] = "",
    security_officer: Annotated[
        str, typer.Option(help="Security officer, as user_id:Full Name:e-mail.")
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create the database, its roles, keys and the first two people; print their one-time secrets once."""
    people = [
        _newcomer(administrator or _NOT_NAMED[0], "--administrator", site),
        _newcomer(security_officer or _NOT_NAMED[1], "--security-officer", site),
    ]
    place = Place(legal_entity=company, organisation=organisation, site=site, site_name=site_name, zone=zone)
    found = choose_home(home)
    _make_database(found)
    with database_up(found):
        _install(found)
        secrets = _found(found, place, people)
    if not (administrator and security_officer):
        tell(
            "indelible: nobody was named with --administrator and --security-officer; change the names before use."
        )
    _show(found, people, secrets, as_json=as_json)


def _newcomer(text: str, option: str, site: str) -> Newcomer:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3 or not all(parts):
        raise typer.BadParameter("write it as user_id:Full Name:e-mail", param_hint=option)
    return Newcomer(user_id=parts[0], name=parts[1], email=parts[2], site=site)


def _make_database(home: Home) -> None:
    """Keys, roles and an empty database: embedded, or on a company's own server by its administrator's address."""
    home.create()
    keys.create(home)
    if configuration.load(home).embedded:
        server = Server(home)
        if not server.is_initialised():
            server.initialise()
        return
    administrator = configuration.maintenance_url(home, "database_admin_url")
    if administrator:
        reachable(administrator)
        database, passwords = _wanted_on_own_server(home)
        roles.create_roles_and_database(administrator, database, passwords)


def _wanted_on_own_server(home: Home) -> tuple[str, dict[str, str]]:
    """The database's name and each role's password, as the addresses given for the service name them."""
    addresses = {
        roles.OWNER: owner_url(home),
        "indelible_app": database_address(home, "app"),
        "indelible_seal": database_address(home, "seal"),
        "indelible_verify": database_address(home, "verify"),
    }
    parts = {role: conninfo_to_dict(url) for role, url in addresses.items()}
    for role, part in parts.items():
        if part.get("user") != role or not part.get("password"):
            raise Problem(f"The address for {role} must name that user and its password.")
    return str(parts[roles.OWNER].get("dbname", "")), {role: str(p["password"]) for role, p in parts.items()}


def _install(home: Home) -> None:
    """Tables and protections, as owner; left alone where an installation is complete already."""
    url = owner_url(home)
    reachable(url)
    django_ready()
    from indelible.cli.installing import install_at
    from indelible.cli.preflight import obstacles

    if not _was_installed(url):
        install_at(url, reason=_REASON, superuser_url=superuser_url(home))
    elif found := obstacles():
        raise Problem(f"This installation exists already and lacks something: {found[0]}.")


def _was_installed(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('audit.act')").fetchone() == (None,):
            return False
        connection.execute("SET ROLE audit_owner")
        return connection.execute("SELECT EXISTS (SELECT FROM audit.act)").fetchone() == (True,)


def _found(home: Home, place: Place, people: list[Newcomer]) -> Mapping[str, str]:
    """The first two people, the shipped processes, the first signed checkpoint."""
    from indelible.catalogue.publishing import publish_shipped
    from indelible.jobs.sealer import seal_once
    from indelible.kernel.audit import seal
    from indelible.kernel.identity.actions import first_two_people
    from indelible.kernel.identity.founding import INSTALLATION

    secrets = first_two_people(place, people[0], people[1])
    publish_shipped(INSTALLATION, reason="first version, shipped with the product")
    seal_once(database_address(home, "seal"), home.sealer, seal.signer(home))
    return secrets


def _show(home: Home, people: list[Newcomer], secrets: Mapping[str, str], *, as_json: bool) -> None:
    listed: list[dict[str, Any]] = [
        {"user_id": person.user_id, "name": person.name, "role": role, "secret": secrets[person.user_id]}
        for person, role in zip(people, ("system_administrator", "security_unit"), strict=True)
    ]
    words = [
        f"Indelible is installed in {home.root}.",
        "Each of these two people signs in once with the secret, within 24 hours, and then chooses a password.",
        "The secrets are shown only now and kept nowhere:",
        *(f"  {p['role']:<22}{p['user_id']:<20}{p['secret']}" for p in listed),
        "Start with: indelible serve",
    ]
    answer({"home": str(home.root), "people": listed}, "\n".join(words), as_json=as_json)
