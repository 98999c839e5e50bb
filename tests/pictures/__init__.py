"""The pictures of the guides (docs/hinh), from the sample season played on real Airflow: `make pictures`."""
