// The table of events in the mail's folder, events.ddl.sql, as the Glue table that CloudFormation makes of it. What the file
// says is deployed: columns, partitions, SerDe, properties. Its bucket, amzn-s3-demo-bucket, becomes the stack's.
"use strict";

const COLUMN = /^(?<Name>\w+) +(?<Type>\w+(\([\d, ]+\)|<[\w<>():, ]+>)?)$/;
const PROPERTY = /^(?<quote>['"])(?<name>[\w.]+)\k<quote> *= *(?<quoted>['"])(?<value>.*)\k<quoted>$/;
const BUCKET = /^s3:\/\/[^/]+\//;
const CLAUSES = {
  table: [/CREATE EXTERNAL TABLE (?<value>\w+) \(\n/, "CREATE EXTERNAL TABLE name ( … )"],
  serde: [/^ROW FORMAT SERDE '(?<value>[\w.]+)'$/m, "ROW FORMAT SERDE '…'"],
  location: [/^LOCATION '(?<value>s3:\/\/[^/']+\/[^']+\/)'$/m, "LOCATION 's3://amzn-s3-demo-bucket/…/'"],
};

/** `refused` makes the error of a text that names file and line. */
module.exports = function tableOf(sql, file, refused) {
  const [name, serde, location] = ["table", "serde", "location"].map((one) => clause(one));
  const columns = (opening) => lines(opening).map((line) => matched(line, COLUMN, "a column; wanted are a name and a type"));
  const properties = (opening) => {
    const found = lines(opening).map((line) => matched(line, PROPERTY, "a property; wanted is 'name' = 'value'"));
    return Object.fromEntries(found.map(({ name, value }) => [name, inBucket(value)]));
  };
  return {
    name,
    columns: columns("CREATE EXTERNAL TABLE").map(typed),
    partitionKeys: columns("PARTITIONED BY").map(typed),
    serde: { SerializationLibrary: serde, Parameters: properties("WITH SERDEPROPERTIES") },
    location: inBucket(location),
    prefix: location.replace(BUCKET, ""),
    parameters: { ...properties("TBLPROPERTIES"), EXTERNAL: "TRUE" },
  };

  function clause(one) {
    const [pattern, wanted] = CLAUSES[one];
    const found = pattern.exec(sql);
    if (!found) throw refused(`${file}: wanted is ${wanted}`);
    return found.groups.value;
  }

  /** The lines between the parentheses that this clause opens, without comments; none if the clause is not there. */
  function lines(opening) {
    const found = new RegExp(`^${opening}[^\\n]*\\(\\n(?<inner>[^;]*?)^\\)`, "dm").exec(sql);
    if (!found) return [];
    const first = sql.slice(0, found.indices.groups.inner[0]).split("\n").length;
    const all = found.groups.inner.split("\n").map((text, index) => ({ text: text.trim().replace(/,$/, ""), number: first + index }));
    return all.filter(({ text }) => text && !text.startsWith("--"));
  }

  function matched({ text, number }, pattern, what) {
    const found = pattern.exec(text);
    if (!found) throw refused(`${file}, line ${number}: "${text}" is not ${what} on each line`);
    return found.groups;
  }
};

function typed({ Name, Type }) {
  return { Name, Type: Type.replaceAll(" ", "") };
}

/** The value, in the stack's bucket where it names a bucket. */
function inBucket(value) {
  return BUCKET.test(value) ? { "Fn::Join": ["", ["s3://", { Ref: "UsageBucket" }, value.replace(BUCKET, "/")]] } : value;
}
