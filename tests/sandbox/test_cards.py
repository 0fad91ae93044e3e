"""Which device node is which card, by what the driver tells in /proc."""

from pathlib import Path

from aarctl.sandbox.cards import node_of

TOLD = """Model: \t\t NVIDIA H200
IRQ:   \t\t 199
GPU UUID: \t GPU-{uuid}
Bus Type: \t PCIe
Device Minor: \t {minor}
"""


def test_a_uuid_leads_to_the_node_of_its_card_whatever_the_order_on_the_bus(tmp_path: Path) -> None:
    for bus, uuid, minor in (("0000:1b:00.0", "aa", 3), ("0000:43:00.0", "bb", 0)):
        (tmp_path / bus).mkdir()
        (tmp_path / bus / "information").write_text(TOLD.format(uuid=uuid, minor=minor))
    (tmp_path / "0000:99:00.0").mkdir()
    assert node_of("GPU-aa", tmp_path) == "/dev/nvidia3"
    assert node_of("GPU-bb", tmp_path) == "/dev/nvidia0"
    assert node_of("GPU-cc", tmp_path) == ""


def test_without_a_driver_there_is_no_node(tmp_path: Path) -> None:
    assert node_of("GPU-aa", tmp_path / "none") == ""
