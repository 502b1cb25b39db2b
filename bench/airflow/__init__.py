"""The month on Apache Airflow: `make airflow-demo`, and what is tried on it, `make bench-airflow`."""
