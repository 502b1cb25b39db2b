"""The DAG in the real Airflow, which has an environment of its own: .local/airflow."""
