import { describe, expect, it } from 'vitest';
import { checkText } from '../../../shared/sql/check/check.ts';
import { HEAD, marked, pump } from './programs.ts';

const TIME = "STEP(S.ROWTIME BY INTERVAL '1' MINUTE)";
const COUNTS = `${HEAD}CREATE STREAM C (A VARCHAR(8), N INTEGER, AT TIMESTAMP);
CREATE PUMP CP AS INSERT INTO C SELECT STREAM A, COUNT(*), ${TIME} FROM S GROUP BY A, ${TIME};
CREATE PUMP P AS INSERT INTO OUT_ `;
const CT = "STEP(C.ROWTIME BY INTERVAL '1' HOUR)";

/** Valid programs; `§` stands before the construct that is named. */
const CASES: readonly [construct: string, program: string][] = [
  [
    'RANDOM_CUT_FOREST',
    pump('SELECT STREAM A, N FROM TABLE(§RANDOM_CUT_FOREST(CURSOR(SELECT STREAM A, N FROM S)))'),
  ],
  [
    'HOTSPOTS',
    pump(
      'SELECT STREAM A, N FROM TABLE(§HOTSPOTS(CURSOR(SELECT STREAM A, N FROM S), 100, 1.5, 3))',
    ),
  ],
  [
    'GROUP_RANK',
    pump(
      "SELECT STREAM A, RANK FROM TABLE(§GROUP_RANK(CURSOR(SELECT STREAM A, N FROM S), 'N', 'RANK', 'desc', 'asc', 10, 5))",
    ),
  ],
  ['COUNT … OVER', pump('SELECT STREAM A, §COUNT(*) OVER (ROWS 3 PRECEDING) FROM S')],
  [
    'LAG … OVER',
    pump(
      "SELECT STREAM A, §LAG(N, 1, 0) OVER w FROM S WINDOW w AS (RANGE INTERVAL '1' HOUR PRECEDING)",
    ),
  ],
  [
    'EXP_AVG … OVER',
    pump(
      "SELECT STREAM A, CAST(§EXP_AVG(N, INTERVAL '1' SECOND) OVER (ROWS 9 PRECEDING) AS INTEGER) FROM S",
    ),
  ],
  ['FIRST_VALUE', pump(`SELECT STREAM A, §FIRST_VALUE(N) FROM S GROUP BY A, ${TIME}`)],
  ['STDDEV_SAMP', pump(`SELECT STREAM A, §STDDEV_SAMP(N) FROM S GROUP BY A, ${TIME}`)],
  [
    'a join of streams',
    pump('SELECT STREAM x.A, y.N FROM S OVER (ROWS 3 PRECEDING) AS x §JOIN S AS y ON x.A = y.A'),
  ],
  ['a join with a reference table', pump('SELECT STREAM NAME, N FROM S §LEFT JOIN R ON S.A = R.A')],
  ['reading a reference table without a stream', pump('SELECT STREAM A, 1 FROM §R')],
  [
    'WINDOWED BY STAGGER',
    pump(
      "SELECT STREAM A, COUNT(*) FROM S WINDOWED BY STAGGER (§PARTITION BY A RANGE INTERVAL '1' HOUR)",
    ),
  ],
  [
    'SELECT DISTINCT',
    pump('§SELECT STREAM DISTINCT UPPER(CAST(S.ROWTIME AS VARCHAR(30))), 1 FROM S').replace(
      'UPPER(CAST(S.ROWTIME AS VARCHAR(30)))',
      'SUBSTRING(CAST(S.ROWTIME AS VARCHAR(30)) FROM 1 FOR 8)',
    ),
  ],
  [
    'MONOTONIC',
    pump('SELECT STREAM A, COUNT(*) FROM S GROUP BY A, FLOOR(§MONOTONIC("t") TO HOUR)'),
  ],
  ['UNION ALL', pump('SELECT A, N FROM S UNION ALL §SELECT A, N FROM S')],
  ['SIMILAR TO', pump("SELECT A, N FROM S WHERE §A SIMILAR TO 'a|b'")],
  ['SUBSTRING … SIMILAR', pump("SELECT §SUBSTRING(A SIMILAR 'a#\"b#\"' ESCAPE '#'), N FROM S")],
  ['REGEX_REPLACE', pump("SELECT §REGEX_REPLACE(A, 'a', 'b', 1, 0), N FROM S")],
  [
    'W3C_LOG_PARSE',
    pump("SELECT q.r.COLUMN1, N FROM (SELECT §W3C_LOG_PARSE(A, 'COMMON') AS r, N FROM S) AS q"),
  ],
  ['reading ERROR_STREAM', pump('SELECT ERROR_NAME, 1 FROM §ERROR_STREAM')],
  ['a window on a stream that is not joined', pump('SELECT A, N FROM §S OVER (ROWS 3 PRECEDING)')],
  [
    'the interval FLOOR((… - TIMESTAMP …) … TO …) as a value',
    pump(
      "SELECT STREAM A, COUNT(*) FROM S GROUP BY A, FLOOR((S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND) HAVING §FLOOR((S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND) > INTERVAL '1' DAY",
    ),
  ],
  [
    'GROUP BY on a time that is no bucket of ROWTIME',
    pump('SELECT STREAM A, COUNT(*) FROM S §GROUP BY A, EXTRACT(HOUR FROM S.ROWTIME)'),
  ],
  [
    'reading a second source stream (T beside S)',
    `-- input: T (A VARCHAR(8), N INTEGER)\n${pump('SELECT STREAM A, N FROM S')}CREATE PUMP Q AS INSERT INTO OUT_ SELECT A, N FROM §T;`,
  ],
  [
    'a cycle of pumps (OUT_ -> X -> OUT_)',
    `${HEAD}CREATE STREAM X (A VARCHAR(8), N INTEGER);
    CREATE PUMP P AS INSERT INTO X SELECT A, N FROM §OUT_; CREATE PUMP Q AS INSERT INTO OUT_ SELECT A, N FROM X;`,
  ],
  [
    'a table function over results of GROUP BY',
    `${COUNTS} SELECT ITEM, 1 FROM TABLE(§TOP_K_ITEMS_TUMBLING(CURSOR(SELECT A FROM C), 'A', 3, 60))`.replace(
      'SELECT ITEM',
      'SELECT CAST(ITEM AS VARCHAR(8))',
    ),
  ],
  [
    'GROUP BY on a value that an aggregate gives, and that may still change,',
    `${COUNTS} SELECT 'a', COUNT(*) FROM C GROUP BY §N, ${CT}`,
  ],
  [
    'reading C, which mixes rows of records with results of GROUP BY,',
    `${COUNTS} SELECT A, N FROM §C; CREATE PUMP Q AS INSERT INTO C SELECT A, N, "t" FROM S;`,
  ],
  [
    'GROUP BY over the rows of TOP_K_ITEMS_TUMBLING or COUNT_DISTINCT_ITEMS_TUMBLING',
    pump(
      "SELECT 'a', COUNT(*) FROM §TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT A FROM S), 'A', 3, 60)) AS t GROUP BY STEP(t.ROWTIME BY INTERVAL '1' HOUR)",
    ),
  ],
];

describe('valid, and refused by name and place', () => {
  it.each(CASES)('%s', (construct, program) => {
    const { text, place } = marked(program);
    const { errors, refused, plan } = checkText(text);
    expect(errors).toEqual([]);
    expect(refused.map((r) => `${r.code} ${r.line}:${r.column} ${r.message}`)).toEqual([
      `NOT_BUILT ${place} ${construct} is not built yet`,
    ]);
    expect(plan).toBeNull();
  });

  it('asks nothing of pumps that do not run', () => {
    const idle = 'AS INSERT INTO OUT_ SELECT A, COUNT(*) OVER (ROWS 3 PRECEDING) FROM S;';
    const { errors, refused, plan } = checkText(
      `${HEAD}CREATE PUMP P STOPPED ${idle} CREATE PUMP Q ${idle}
       CREATE OR REPLACE PUMP Q AS INSERT INTO OUT_ SELECT A, N FROM S;`,
    );
    expect([errors, refused]).toEqual([[], []]);
    expect(plan?.nodes.map(({ id }) => id)).toEqual(['Q']);
  });

  it('groups results by what stays as it is', () => {
    const { refused } = checkText(
      `${COUNTS} SELECT A, SUM(N) FROM C WHERE N > 3 GROUP BY A, FLOOR(AT TO DAY), ${CT}`,
    );
    expect(refused).toEqual([]);
  });
});
