"""Which IDs a revision may have: those that Alembic takes, and takes for nothing else."""

from pathlib import Path

import pytest

from deploy.errors import WrongUsageError
from deploy.migrations.scripts import Scripts
from deploy.release.revisions import read_history

IDS = ("0001_a", "a.b", "1", "x" * 32, "0001-a", "a+b", "a@b", "a:b", "head", "heads", "base", "", "x" * 33)


@pytest.mark.parametrize("name", IDS)
def test_an_id_that_is_read_is_one_that_alembic_takes(tmp_path: Path, name: str) -> None:
    facts = f'revision = "{name}"\ndown_revision = None\nkind = "expand"\n'
    (tmp_path / "0001_a.py").write_text(f'"""It does"""\n\n{facts}\n\ndef up(): ...\n\n\ndef down(): ...\n')
    if name in IDS[:4]:
        assert [revision.id for revision in Scripts(tmp_path).history] == [name]
    else:
        with pytest.raises(WrongUsageError, match="no ID of up to 32 letters, digits, dots and underscores"):
            read_history(tmp_path)
