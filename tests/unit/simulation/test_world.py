"""The whole product on the fakes, on a good day and on common bad days."""

from simulation.world import World


def test_every_user_gets_one_mail() -> None:
    world = World(25)
    assert world.produce()["produced"] == 25
    world.run()
    assert set(world.statuses().values()) == {"DELIVERED"}
    assert len(world.mails()) == 25
    assert set(world.mails().values()) == {1}
