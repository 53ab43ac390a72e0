"""A file comes to its place whole or not at all, whoever else writes it."""

import threading

import pytest

from tsinterp_lib import paths


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_two_writers_at_once_do_not_mix_and_leave_no_part(tmp_path):
    target, both = tmp_path / "folder" / "rows.csv", threading.Barrier(2, timeout=10)

    def write(letter):
        with paths.atomic(target) as temporary, temporary.open("w") as file:
            for _ in range(50):
                file.write(letter * 100)
                file.flush()
                both.wait()

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert target.read_text() in ("a" * 5000, "b" * 5000)
    assert names(target.parent) == ["rows.csv"]


def test_a_writing_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "rows.csv"
    target.write_text("old")

    def fails():
        with paths.atomic(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["rows.csv"]


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "rows.csv"
    target.write_text("old")
    with paths.atomic(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.suffix == ".part"  # no reader that looks for rows by their ending finds it
    assert target.read_text() == "new"


def test_who_may_read_other_files_may_read_this_one(tmp_path):
    (tmp_path / "plain").write_text("")
    with paths.atomic(tmp_path / "made") as temporary:
        temporary.write_text("")
    assert (tmp_path / "made").stat().st_mode == (tmp_path / "plain").stat().st_mode
