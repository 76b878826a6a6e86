"""Adjusted association and its significance: strata, Mantel-Haenszel, multiplicity, permutation of whole users."""
