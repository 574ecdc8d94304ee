const PROGRAM_HELP = `  --config FILE       the streams.yml to look the program up in (else the next one in or above
                      this folder or the program's)
  --schema FILE       the columns of the input stream: NAME (column TYPE, …), or the columns alone
  --application NAME  which application of streams.yml, where several run the same program
  --help              this text

The columns of the input stream come from --schema, else from the application of streams.yml that
names the program, else from a comment above it:

  -- input: SOURCE_SQL_STREAM_001 ("name" VARCHAR(64), "value" DOUBLE)
`;

const COMMAND_HELP: Readonly<Record<string, string>> = {
  check: `Checks SQL programs, and a streams.yml with all programs that it names.

  npx sluice check FILE… [OPTIONS]

  --dialect           only what the dialect forbids is an error; what is not built yet is a note
${PROGRAM_HELP}
Exit status: 0 no errors, 1 errors, 2 a file cannot be read or the command is wrong.

  npx sluice check streams.yml
  npx sluice check applications/*.sql
  npx sluice check clicks.sql --schema clicks.schema
`,
  query: `Runs a program over a file or a stream, in memory, and prints its output streams.

  npx sluice query PROGRAM.sql --input ROWS.ndjson[.gz] [OPTIONS]
  npx sluice query PROGRAM.sql --stream NAME [OPTIONS]

  --input FILE        records, one a line, gzipped or not; - is standard input
  --rowtime COLUMN    the arrival of a record: an ISO or SQL timestamp, or milliseconds since 1970
                      (else its key ROWTIME, else the current time)
  --stream NAME       a Kinesis stream, from its beginning to its tip; by the name it has on AWS,
                      or by the one it has in streams.yml
  --stage STAGE       the stage of a stream of streams.yml (dev)
  --format FORMAT     json, json-array, ndjson, cloudtrail, cloudwatch-logs, dynamodb, csv, apache or
                      syslog (that of the stream in streams.yml, else json)
  --all               print all declared streams, also those that other pumps read
  --json              one {"stream":…,"row":…} a line, values in full
  --with-rowtime      with --json: put ROWTIME into each row
  --strict            exit status 1 if a record or a row was set aside
${PROGRAM_HELP}
Records that cannot be read, and rows that a pump cannot take, are counted on standard error.
Exit status: 0 done, 1 the program has errors (or --strict), 2 the command cannot do its work.

  npx sluice query applications/account-activity.sql --input events.ndjson.gz --rowtime eventTime
  npx sluice query clicks.sql --input clicks.ndjson --json | head
  npx sluice query applications/account-activity.sql --stream cloudtrail --stage prod
`,
  explain: `Shows how a program runs: its streams and pumps, and what of it is stored where.

  npx sluice explain PROGRAM.sql [OPTIONS]

  --json              the plan as JSON
${PROGRAM_HELP}
Exit status: 0 done, 1 the program has errors, 2 the command cannot do its work.

  npx sluice explain applications/account-activity.sql
  npx sluice explain clicks.sql --json
`,
  capacity: `Shows how many shards a traffic needs, and what a month of it costs in each mode.

  npx sluice capacity --rate RECORDS --size SIZE [OPTIONS]

  --rate RECORDS      records a second on the mean
  --size SIZE         one record with its partition key: 512, 2KB, 1.5MB
  --consumers N       consumers that share the shards' read throughput (1)
  --peak FACTOR       the highest rate, as a multiple of --rate (1)
  --target PART       how full a shard may be at the highest rate (0.85)
  --json              the same as JSON
  --help              this text

The keys are taken to be spread evenly. Extended retention and enhanced fan-out are not in it.
Exit status: 0 done, 2 the command is wrong.

  npx sluice capacity --rate 1000 --size 1KB
  npx sluice capacity --rate 200 --size 30KB --consumers 3 --peak 4
`,
  shards: `Draws a stream's shards with their load, and what the scaler would do next.

  npx sluice shards STREAM [OPTIONS]

STREAM is a stream of streams.yml. The load is taken from CloudWatch and from the heat that its first
application keeps; the limits are those of its scaling: in streams.yml.

  --apply             begin the operation that is planned, as the scaler would
  --wait              with --apply: wait for it, and go on until the plan is to stay
  --stage STAGE       the stage that is deployed (dev); npm start is stage local
  --config FILE       the streams.yml (else the next one in or above this folder)
  --json              the same as JSON; hash keys are text
  --help              this text

Exit status: 0 shown or done, 1 AWS has refused or streams.yml has errors, 2 the command cannot do its
work.

  npx sluice shards cloudtrail --stage prod
  npx sluice shards cloudtrail --stage prod --apply --wait
`,
  rebuild: `Computes an application's rows anew beside the live ones, compares, and lets them take over.

  npx sluice rebuild APPLICATION [OPTIONS]

It reads the stream from its beginning and fills a new generation of rows, up to the tip; then it
compares row counts, sums and contents with the live rows, and stops there. Ended by Ctrl-C or a
crash, the same command goes on.

  --switch            then make the rebuilt rows the live ones, and let the old ones expire
  --keep-old DURATION how long the old rows stay for readers that know their keys (1d)
  --archive FILE      records to read before the stream, one JSON object a line, gzipped or not
                      (docs/rebuild.md)
  --abort             give a rebuild up that has not switched
  --stage STAGE       the stage that is deployed (dev); npm start is stage local
  --faults URL        where records go that cannot be processed (where the function puts them)
  --config FILE       the streams.yml (else the next one in or above this folder)
  --json              one JSON object a line: filling, filled, compared, switched, done
  --help              this text

Exit status: 0 done, and both are equal or it has switched; 1 they differ (look, then --switch), or
streams.yml has errors; 2 the command cannot do its work; 130 interrupted.

  npx sluice rebuild account-activity --stage prod
  npx sluice rebuild account-activity --stage prod --switch --keep-old 7d
  npx sluice rebuild account-activity --archive 2026-05.ndjson.gz
`,
  faults: `Shows what was set aside, and brings it back into the tables once its cause is mended.

  npx sluice faults list [APPLICATION] [OPTIONS]
  npx sluice faults show APPLICATION SHARD SEQUENCE [--payload] [OPTIONS]
  npx sluice faults redrive APPLICATION [--apply] [OPTIONS]
  npx sluice faults redrive APPLICATION --on-failure FILE… [--never-delivered] [--apply] [OPTIONS]

list counts faults by application and reason; with an APPLICATION (or --all) it shows each one too.
show tells all that is known of one record; its data only with --payload. In the place of the three
words it takes the key of a fault.
redrive runs the records through the program and schema of now, into the results that lack them:
what is in stays in, once. Without --apply it says what would happen and writes nothing.
With --on-failure it brings back batches that an event source mapping gave up: it takes their notes as
the on-failure destination holds them (JSON or a JSON value a line; of SQS, SNS or S3), and fetches their
records from the stream, or from the object in S3.

  --reason REASON     only faults with this reason, such as BAD_JSON; may be given again
  --from TIME         only records that arrived at this time (UTC) or later: 2026-05-02T12:00:00Z,
                      2026-05-02, or how long ago: 30m, 12h, 7d
  --to TIME           only records that arrived before this time
  --shard SHARD       only records of this shard
  --all               list: the single faults of all applications
  --limit N           list: so many of them in the table (100); --json gives all
  --payload           show: the record as it came; escaped, in hexadecimal where it is no text
  --apply             redrive: do it
  --on-failure FILE…  redrive: the notes of batches that a mapping gave up; - is standard input
  --never-delivered   with --on-failure: the function's log says that no record of the batches without
                      an invocation has ever come to it, neither in them nor in another batch
  --stage STAGE       the stage that is deployed (dev); npm start is stage local
  --faults PLACE      where faults lie, if not where the stage's functions say: s3://bucket,
                      or a folder such as .sluice/run-1234
  --config FILE       the streams.yml (else the next one in or above this folder)
  --json              one JSON object a line
  --help              this text

On AWS redrive invokes the function redrive-APPLICATION that is deployed: deploy what you mended
first. Beside npm start it runs the program of streams.yml itself.

Exit status: 0 done, and redrive leaves (or would leave) nothing open; 1 some faults or gaps stay open,
or show finds none; 2 the command cannot do its work.

  npx sluice faults list --stage prod
  npx sluice faults list account-activity --stage prod --reason BAD_TYPE --from 12h
  npx sluice faults redrive account-activity --stage prod
  npx sluice faults redrive account-activity --stage prod --apply
  npx sluice faults redrive account-activity --stage prod --on-failure given-up/*.json
  aws sqs receive-message --queue-url URL --max-number-of-messages 10 \\
    | npx sluice faults redrive account-activity --stage prod --on-failure -
`,
};

export const HELP = `Sluice: Kinesis streams into exact tables of windowed metrics.

  npx sluice check FILE…             check SQL programs and streams.yml
  npx sluice query PROGRAM.sql …     run a program over a file or a stream, print its output
  npx sluice explain PROGRAM.sql     show how a program runs and what it stores
  npx sluice capacity --rate … …     shards that a traffic needs, and their monthly cost
  npx sluice shards STREAM           draw a stream's shards and their load, plan, reshard
  npx sluice rebuild APPLICATION …   compute the rows of an application anew, and switch to them
  npx sluice faults list …           what was set aside; show one, redrive them
  npx sluice COMMAND --help          all options of a command, with examples
  npx sluice --version
`;

/** The help of one command; null if there is none of this name. */
export function helpOf(command: string | undefined): string | null {
  return command !== undefined && Object.hasOwn(COMMAND_HELP, command)
    ? COMMAND_HELP[command]!
    : null;
}
