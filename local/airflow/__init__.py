"""A real Airflow beside the embedded AWS: `make airflow-demo`."""
