"""How values show themselves: formats what others computed, computes nothing."""
