"""The experiment, without a screen: documents, plans, tasks, losses, statistics, reports.

Pages and commands start from `store.open_store`, `plan.make_plan` and `worker.ensure_worker`. The
arrow of the data is documents ▸ targets ▸ units ▸ tasks ▸ worker_process ▸ store ▸ evidence ▸
charts and reports. Torch is imported by `core_scorer` alone, which only workers load.
"""
