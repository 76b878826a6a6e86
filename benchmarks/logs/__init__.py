"""The template miner on loghub, beside drain3 in the same run and the published means."""
