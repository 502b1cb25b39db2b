"""The same job on Apache Airflow: docs/airflow.md."""
