"""Athena as the conformance tests use it: a database, a bucket, and queries run to their end."""

import json
from dataclasses import dataclass
from typing import Any

from tests.conformance.account import Account, eventually, fresh


@dataclass(frozen=True)
class Athena:
    """A database with a bucket for its data and results."""

    aws: Account
    bucket: str
    database: str

    @classmethod
    def new(cls, aws: Account) -> "Athena":
        """Make a bucket and a database that nobody has used yet."""
        bucket = fresh("athena")
        aws.client("s3").create_bucket(Bucket=bucket)
        database = bucket.replace("-", "_")
        aws.client("glue").create_database(DatabaseInput={"Name": database})
        return cls(aws, bucket, database)

    def start(self, sql: str, **options: Any) -> str:
        """Start a query and return its id."""
        request = {
            "QueryString": sql,
            "QueryExecutionContext": {"Database": self.database},
            "ResultConfiguration": {"OutputLocation": f"s3://{self.bucket}/results/"},
            **options,
        }
        return str(self.aws.client("athena").start_query_execution(**request)["QueryExecutionId"])

    def run(self, sql: str, **options: Any) -> str:
        """Run a query to its end, which must be success, and return its id."""
        query_id = self.start(sql, **options)
        status = eventually(lambda: self._final_status(query_id))
        assert status["State"] == "SUCCEEDED", status
        return query_id

    def failure(self, sql: str) -> str:
        """Run a query to its end and return why it failed; "" if it did not."""
        query_id = self.start(sql)
        return str(eventually(lambda: self._final_status(query_id)).get("StateChangeReason", ""))

    def execution(self, query_id: str) -> dict[str, Any]:
        """Describe a query."""
        answer = self.aws.client("athena").get_query_execution(QueryExecutionId=query_id)
        return dict(answer["QueryExecution"])

    def rows(self, query_id: str) -> list[list[str | None]]:
        """The rows of data of a short result."""
        answer = self.aws.client("athena").get_query_results(QueryExecutionId=query_id)
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in answer["ResultSet"]["Rows"][1:]]

    def pages(self, query_id: str, size: int) -> list[list[str]]:
        """The first column of every page."""
        pages = self.aws.client("athena").get_paginator("get_query_results")
        return [
            [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]]
            for page in pages.paginate(QueryExecutionId=query_id, PaginationConfig={"PageSize": size})
        ]

    def result_file(self, query_id: str) -> str:
        """Return the text of the query's CSV file, in whatever folder it is."""
        s3 = self.aws.client("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=self.bucket)["Contents"]]
        (key,) = (key for key in keys if key.endswith(f"/{query_id}.csv"))
        return str(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode())

    def json_table(self, columns: dict[str, str], *rows: dict[str, object]) -> str:
        """The name of a new table over JSON lines."""
        serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
        return self._table(columns, serde, {"data.jsonl": "\n".join(map(json.dumps, rows))})

    def hive_json_table(self, columns: dict[str, str], formats: str, files: dict[str, str]) -> str:
        """The name of a new table with the Hive JSON SerDe, over files of these texts."""
        return self._table(columns, _hive_json(formats), files)

    def monthly_table(self, columns: dict[str, str], months: str, files: dict[str, str]) -> str:
        """The same, with `month` projected over this range; `2026-10/a.jsonl` is a file of October."""
        return self._table(columns, _hive_json("yyyy-MM-dd"), files, months)

    def _table(self, columns: dict[str, str], serde: dict[str, Any], files: dict[str, str], months: str = "") -> str:
        name = fresh("t").replace("-", "_")
        location = f"s3://{self.bucket}/{name}/"
        storage = {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
            "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": serde,
        }
        table: dict[str, Any] = {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
        if months:
            projection = {
                "type": "date",
                "format": "yyyy-MM",
                "range": months,
                "interval": "1",
                "interval.unit": "MONTHS",
            }
            table["PartitionKeys"] = [{"Name": "month", "Type": "string"}]
            table["Parameters"] = {
                "projection.enabled": "true",
                **{f"projection.month.{key}": value for key, value in projection.items()},
                "storage.location.template": f"{location}${{month}}/",
            }
        self.aws.client("glue").create_table(DatabaseName=self.database, TableInput=table)
        for key, text in files.items():
            self.aws.client("s3").put_object(Bucket=self.bucket, Key=f"{name}/{key}", Body=text.encode())
        return name

    def _final_status(self, query_id: str) -> dict[str, Any]:
        status: dict[str, Any] = self.execution(query_id)["Status"]
        return status if status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else {}


def _hive_json(formats: str) -> dict[str, Any]:
    library = "org.apache.hive.hcatalog.data.JsonSerDe"
    return {"SerializationLibrary": library, "Parameters": {"timestamp.formats": formats}}
