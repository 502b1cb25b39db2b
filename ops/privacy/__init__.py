"""What is known of one user: handed out, or erased (docs/privacy.md)."""
