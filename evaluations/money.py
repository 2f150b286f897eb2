"""What the change costs and saves, in yen: from what the run measured and what people assume.

In reading order: `MoneyInputs` (what people assume; nothing is filled in for them).
"""

from __future__ import annotations

from pydantic import ConfigDict, Field

from evaluations.records import Frozen


class MoneyInputs(Frozen):
    """Assumptions of people; None: nobody has entered it, which is not zero.

    minutes_*: working time that one document takes less, in minutes, in three scenarios.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    documents_per_month: float | None = Field(default=None, ge=0, le=1e9)
    yen_per_machine_hour: float | None = Field(default=None, ge=0, le=1e9)
    yen_per_labour_hour: float | None = Field(default=None, ge=0, le=1e9)
    minutes_careful: float | None = Field(default=None, ge=0, le=1e6)
    minutes_base: float | None = Field(default=None, ge=0, le=1e6)
    minutes_hopeful: float | None = Field(default=None, ge=0, le=1e6)
    running_yen_per_month: float | None = Field(default=None, ge=0, le=1e12)
    one_off_yen: float | None = Field(default=None, ge=0, le=1e12)
    payback_months_wanted: float | None = Field(default=None, gt=0, le=1200)
    long_training_yen: float | None = Field(default=None, ge=0, le=1e12)  # the alternative, once
