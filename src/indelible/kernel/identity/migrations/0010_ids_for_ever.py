"""A person's id and its look never change, by whatever program: the database refuses it, inside an act too (URS-UNQ-01)."""

from django.db import migrations

FORWARDS = """
create function identity_refuse_other_id() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if (OLD.id, OLD.user_id, OLD.skeleton) is distinct from (NEW.id, NEW.user_id, NEW.skeleton) then
        raise exception 'the id % belongs to its person for ever: it is neither changed nor given to another', OLD.user_id
            using errcode = 'IN004';
    end if;
    return NEW;
end $$;
create trigger identity_id_for_ever before update on identity_person for each row
    execute function identity_refuse_other_id();
alter table identity_person enable always trigger identity_id_for_ever;
"""
BACKWARDS = """
drop trigger identity_id_for_ever on identity_person;
drop function identity_refuse_other_id();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0009_own_site_of_a_role"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
