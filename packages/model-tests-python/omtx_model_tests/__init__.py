"""What the tests of several models share: structures out of locked packages, environments beside this one, a worker as the hub starts it."""
