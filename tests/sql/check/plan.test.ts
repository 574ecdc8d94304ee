import { describe, expect, it } from 'vitest';
import type { AggregateNode } from '../../../shared/sql/plan.ts';
import { aggregateOf, HEAD, only, planOf, pump } from './programs.ts';

const TIMESTAMP = { name: 'TIMESTAMP' };
const column = (index: number) => expect.objectContaining({ op: 'column', index });
const roles = ({ groups }: AggregateNode) =>
  groups.map(({ role, bucket, keyed }) =>
    [role, bucket && `${bucket.size} ${bucket.unit}`, keyed ? '' : 'not keyed']
      .filter(Boolean)
      .join(' '),
  );

describe('tumbling idioms', () => {
  const since1970 = (rest: string) =>
    `FLOOR((S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') ${rest})`;

  it.each([
    ["STEP(S.ROWTIME BY INTERVAL '10' SECOND)", 'arrival 10000 ms'],
    ['STEP(S."ROWTIME" BY INTERVAL \'1:30\' HOUR TO MINUTE)', 'arrival 5400000 ms'],
    ["STEP(S.ROWTIME BY INTERVAL '3' MONTH)", 'arrival 3 months'],
    ["STEP(ROWTIME BY INTERVAL '0.5' SECOND)", 'arrival 500 ms'],
    ['FLOOR(S.ROWTIME TO MINUTE)', 'arrival 60000 ms'],
    ['FLOOR(ROWTIME TO YEAR)', 'arrival 12 months'],
    [since1970('SECOND / 10 TO SECOND'), 'arrival 10000 ms'],
    [since1970('minute / 6 TO MINUTE'), 'arrival 360000 ms'],
    [since1970('DAY TO DAY'), 'arrival 86400000 ms'],
    ["STEP(S.APPROXIMATE_ARRIVAL_TIME BY INTERVAL '1' DAY)", 'arrival 86400000 ms'],
    ["FLOOR(STEP(S.ROWTIME BY INTERVAL '10' SECOND) TO MINUTE)", 'arrival 60000 ms'],
  ])('%s', (group, expected) => {
    const node = aggregateOf(`SELECT STREAM A, COUNT(*) FROM S GROUP BY A, ${group}`);
    expect(roles(node)).toEqual(['key', expected]);
    expect(node.groups[1]).toMatchObject({ type: TIMESTAMP, expr: { op: 'column', index: 0 } });
  });

  it.each([
    ['STEP("t" BY INTERVAL \'15\' MINUTE)', 'event 900000 ms'],
    ['FLOOR(S."t" TO HOUR)', 'event 3600000 ms'],
    ['FLOOR(("t" - TIMESTAMP \'1970-01-01 00:00:00\') MINUTE / 5 TO MINUTE)', 'event 300000 ms'],
    ["STEP(CHAR_TO_TIMESTAMP('yyyy', A) BY INTERVAL '1' YEAR)", 'event 12 months'],
    ["FLOOR(S.ROWTIME + INTERVAL '1' HOUR TO DAY)", 'key'],
    ["FLOOR(STEP(S.ROWTIME BY INTERVAL '7' SECOND) TO MINUTE)", 'key'],
    ['CEIL("t" TO HOUR)', 'key'],
    ['"t"', 'key'],
    ['EXTRACT(HOUR FROM S.ROWTIME)', 'key'],
  ])('beside it %s', (group, expected) => {
    const node = aggregateOf(
      `SELECT STREAM A, COUNT(*) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE), A, ${group}`,
    );
    const beside = expected.startsWith('event') ? ' not keyed' : '';
    expect(roles(node)).toEqual([`arrival 60000 ms${beside}`, 'key', expected]);
  });

  it('a bucket that a subquery selects', () => {
    const { nodes } = planOf(
      pump(`SELECT STREAM q.A, COUNT(*) FROM (SELECT STREAM A, FLOOR(S.ROWTIME TO MINUTE) AS slot FROM S) AS q
            GROUP BY q.slot, q.A`),
    );
    expect(roles(only(nodes, 'aggregate'))).toEqual(['arrival 60000 ms', 'key']);
  });
});

describe('the group row', () => {
  it('has the end of the bucket, the groups and each aggregate once', () => {
    const node = aggregateOf(
      `SELECT STREAM UPPER(A) AS A1, COUNT(*) + SUM(N) AS M FROM S WHERE N > 0
       GROUP BY STEP(S.ROWTIME BY INTERVAL '60' SECOND), UPPER(A)
       HAVING COUNT(*) > 1 AND ROWTIME > FLOOR(S.ROWTIME TO MINUTE)
       ORDER BY FLOOR(S.ROWTIME TO MINUTE), M DESC, 1`,
    );
    expect(node.aggregates).toMatchObject([{ fn: 'count', arg: null }, { fn: 'sum' }]);
    expect(node.select).toMatchObject([
      column(2),
      { op: 'cast', implicit: true, arg: { fn: '+', args: [column(3), column(4)] } },
    ]);
    expect(node.having).toMatchObject({
      fn: 'and',
      args: [{ args: [column(3), {}] }, { args: [column(0), column(1)] }],
    });
    expect(node.order).toMatchObject([
      { expr: column(1), descending: false },
      { expr: { fn: '+' }, descending: true },
      { expr: column(2), descending: false },
    ]);
    expect(node.where).toMatchObject({ fn: '>' });
  });

  it.each(['CURRENT_TIMESTAMP', 'CURRENT_ROW_TIMESTAMP', 'LOCALTIMESTAMP', 'ROWTIME'])(
    '%s is the time of the row that comes out',
    (now) => {
      const node = aggregateOf(
        `SELECT STREAM 'a', UNIX_TIMESTAMP(${now}) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE)`,
      );
      expect(node.select[1]).toMatchObject({ arg: { fn: 'unixTimestamp', args: [column(0)] } });
    },
  );

  it('never takes CURRENT_TIMESTAMP for the time of the input', () => {
    const node = aggregateOf(
      `SELECT STREAM 'a', UNIX_TIMESTAMP(FLOOR(CURRENT_TIMESTAMP TO MINUTE)) FROM S
       GROUP BY FLOOR(S.ROWTIME TO MINUTE)`,
    );
    expect(node.select[1]).toMatchObject({
      arg: { args: [{ fn: 'bucketTime', args: [column(0), {}, {}] }] },
    });
  });

  it('orders by the interval since 1970 as by the start of its bucket', () => {
    const interval = "FLOOR((S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)";
    const node = aggregateOf(
      `SELECT STREAM A, COUNT(*) FROM S GROUP BY A, ${interval} ORDER BY ${interval}`,
    );
    expect(node.order).toMatchObject([{ expr: { op: 'column', index: 2, type: TIMESTAMP } }]);
  });
});

describe('the ROWTIME bucket beside an event bucket is part of the key', () => {
  const two = (items: string, rest = '') => `CREATE STREAM T (A VARCHAR(8), N BIGINT);
    CREATE PUMP P AS INSERT INTO T SELECT STREAM ${items} FROM S
    GROUP BY A, FLOOR(S.ROWTIME TO MINUTE), FLOOR("t" TO HOUR) ${rest};`;
  const reader = (query: string) => `CREATE PUMP Q AS INSERT INTO OUT_ ${query};`;
  const keyed = (program: string) =>
    planOf(HEAD + program)
      .nodes.filter((node) => node.kind === 'aggregate' && node.pump === 'P')
      .flatMap((node) => (node as AggregateNode).groups)[1]!.keyed;

  it.each([
    ['nothing looks at it', false, two('A, COUNT(*)')],
    ['it is selected', true, two('A, UNIX_TIMESTAMP(FLOOR(S.ROWTIME TO MINUTE))')],
    ['its end is selected', true, two('A, UNIX_TIMESTAMP(ROWTIME)')],
    ['it is in HAVING', true, two('A, COUNT(*)', 'HAVING FLOOR(S.ROWTIME TO MINUTE) IS NOT NULL')],
    ['it is in ORDER BY', true, two('A, COUNT(*)', 'ORDER BY FLOOR(S.ROWTIME TO MINUTE)')],
    ['a pump passes it on unseen', false, two('A, COUNT(*)') + reader('SELECT A, 1 FROM T')],
    [
      'a pump looks at ROWTIME',
      true,
      two('A, COUNT(*)') + reader('SELECT A, 1 FROM T WHERE T.ROWTIME IS NOT NULL'),
    ],
    [
      'a pump groups by it',
      true,
      two('A, COUNT(*)') + reader('SELECT A, COUNT(*) FROM T GROUP BY A, FLOOR(T.ROWTIME TO HOUR)'),
    ],
    [
      'one does so behind another stream',
      true,
      `${two('A, COUNT(*)')} CREATE STREAM U (A VARCHAR(8)); CREATE PUMP R AS INSERT INTO U SELECT A FROM T;
       ${reader('SELECT A, COUNT(*) FROM U GROUP BY A, FLOOR(U.ROWTIME TO HOUR)')}`,
    ],
  ])('%s: %s', (_when, expected, program) => expect(keyed(program)).toBe(expected));
});

describe('nodes', () => {
  it('come in topological order, whatever the order of the statements', () => {
    const { nodes } = planOf(
      `${HEAD}CREATE PUMP Z AS INSERT INTO OUT_ SELECT A, N FROM LATER;
       CREATE STREAM LATER (A VARCHAR(8), N INTEGER);
       CREATE PUMP Y AS INSERT INTO LATER SELECT A, N FROM S;
       CREATE PUMP X AS INSERT INTO LATER (N) SELECT N FROM S;`,
    );
    expect(nodes.map(({ id, from, into }) => `${id}: ${from} -> ${into}`)).toEqual([
      'Y: S -> LATER',
      'X: S -> LATER',
      'Z: LATER -> OUT_',
    ]);
    expect(nodes[1]).toMatchObject({ select: [{ op: 'literal', value: null }, column(2)] });
  });

  it('of table functions and subqueries stand between anonymous streams', () => {
    const { nodes, streams, source } = planOf(
      pump(`SELECT STREAM CAST(x.ITEM AS VARCHAR(8)), 5 FROM TABLE(TOP_K_ITEMS_TUMBLING(
        CURSOR(SELECT STREAM * FROM (SELECT *, UPPER(A) AS U FROM S WHERE F) AS q), 'n', 3, 60)) AS x`),
    );
    expect(nodes.map(({ kind, id, from, into }) => `${kind} ${id}: ${from} -> ${into}`)).toEqual([
      'project P/1: S -> P/1',
      'project P/2: P/1 -> P/2',
      'top P/3: P/2 -> P/3',
      'project P: P/3 -> OUT_',
    ]);
    // UPPER may fail, so it stays; columns that are merely passed through do not.
    expect(streams['P/1']).toMatchObject({
      declared: false,
      columns: [{ name: 'N' }, { name: 'U' }],
    });
    expect(streams['P/2']?.columns).toMatchObject([{ name: 'N' }]);
    expect(only(nodes, 'top')).toMatchObject({
      item: { op: 'cast', type: { name: 'VARCHAR', length: 1024 }, arg: column(1) },
      k: 3,
      seconds: 60,
    });
    expect(source.columns.map(({ name }) => name)).toEqual(['A', 'N', 'F']);
  });

  it('read only what they need of the source', () => {
    const { source, nodes } = planOf(
      pump('SELECT STREAM SHARD_ID, CHAR_LENGTH(PARTITION_KEY) FROM S WHERE D > 0 AND F').replace(
        'SHARD_ID,',
        'CAST(SHARD_ID AS VARCHAR(8)),',
      ),
    );
    expect(source.columns).toMatchObject([
      { name: 'D' },
      { name: 'F' },
      { name: 'SHARD_ID', metadata: 'SHARD_ID' },
      { name: 'PARTITION_KEY', metadata: 'PARTITION_KEY' },
    ]);
    expect(nodes[0]).toMatchObject({
      select: [{ arg: column(3) }, { args: [column(4)] }],
      where: { args: [{ args: [column(1), {}] }, column(2)] },
    });
  });

  it('are those of what is there in the end', () => {
    const { nodes, streams } = planOf(
      `${HEAD}CREATE STREAM T (A VARCHAR(8)); CREATE PUMP P AS INSERT INTO T SELECT A FROM S;
       CREATE OR REPLACE STREAM T (A VARCHAR(8), N INTEGER);
       CREATE OR REPLACE PUMP P AS INSERT INTO T SELECT A, N FROM S;
       CREATE OR REPLACE STREAM T (A VARCHAR(8), N INTEGER, D DOUBLE);
       CREATE OR REPLACE PUMP P AS INSERT INTO T SELECT A, N, D FROM S;`,
    );
    expect(nodes).toHaveLength(1);
    expect(streams.T?.columns).toHaveLength(3);
  });

  it('are plain data', () => {
    const plan = planOf(pump('SELECT STREAM A, N FROM S WHERE "b" > 9007199254740993'));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});
