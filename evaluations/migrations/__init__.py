"""Migrations, packaged: `evaluations.database` finds and applies them."""
