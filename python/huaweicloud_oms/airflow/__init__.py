"""Apache Airflow: run migrations as tasks of a DAG.

Airflow finds the provider by itself once `huaweicloud-oms[airflow]` is installed:

- `huaweicloud_oms.airflow.operators`: start something, wait for it, and attach to it again after a lost worker.
- `huaweicloud_oms.airflow.sensors`: wait for what something else has started.
- `huaweicloud_oms.airflow.triggers`: what deferred tasks wait with.
- `huaweicloud_oms.airflow.hooks`: the clients, from Airflow's connections.

Nothing else in `huaweicloud_oms` imports Airflow.
"""
