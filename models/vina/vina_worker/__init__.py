"""AutoDock Vina behind the hub's worker protocol; `shard.py` puts the parts together."""
