"""What the browser is given from others is what we reviewed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.http.panel.pages import HERE
from api.http.panel.vendored import FOLDER, check, listed
from domain.errors import IntegrityBroken

pytestmark = pytest.mark.xdist_group("panel")


def test_every_vendored_file_has_the_bytes_the_list_names_and_there_is_no_other():
    check()


def test_a_changed_byte_and_a_stray_file_are_found(tmp_path: Path):
    folder = tmp_path / "vendor"
    shutil.copytree(FOLDER, folder)
    (folder / "stray.js").write_text("1")
    with pytest.raises(IntegrityBroken, match="stray"):
        check(folder)
    (folder / "stray.js").unlink()
    (folder / "htmx.min.js").write_bytes((folder / "htmx.min.js").read_bytes() + b" ")
    with pytest.raises(IntegrityBroken, match="digest"):
        check(folder)


def test_every_library_comes_with_its_licence():
    for name in {item.name for item in listed()}:
        assert any(item.name == name and "LICENSE" in item.path for item in listed()), name


def test_no_template_holds_a_script_a_style_a_handler_or_an_address_elsewhere_and_nothing_is_called_safe():
    for path in sorted((HERE / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", "") and "autoescape" not in text, path
        assert "style=" not in text and "<style" not in text, path
        assert "hx-on" not in text and " onclick" not in text and "js:" not in text, path
        assert "http:" not in text and "https:" not in text, path
        for piece in text.split("<script")[1:]:
            assert piece.startswith(" src=") and "></script>" in piece.split("\n")[0], path
