"""What released versions left behind, against the code of today."""
