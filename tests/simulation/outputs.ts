import type { Attributes } from '../../shared/results/store.ts';
import { visible } from './columns.ts';
import type { Model } from './model.ts';
import type { Names } from './names.ts';
import { type Outputs, outputText } from './oracle.ts';
import { Broken } from './violation.ts';

/** Rows of the outputs of one generation each, as a reader finds them. */
export function readOutputs(
  dump: ReadonlyMap<string, Attributes>,
  owners: Readonly<Record<string, string>>,
): Outputs {
  const outputs: Record<string, string[]> = {};
  for (const stream of Object.keys(owners)) outputs[stream] = [];
  const streams = new Map(Object.entries(owners).map(([stream, owner]) => [owner, stream]));
  for (const [id, item] of dump) {
    const [, owner = '', window = ''] = /^t-results\/app\.(.+?)#(.+?)#/.exec(id) ?? [];
    const rows = outputs[streams.get(owner) ?? ''];
    if (rows === undefined || item._gone !== undefined) continue;
    if (item.rows?.L === undefined) rows.push(outputText(window, visible(item)));
    else {
      const ranked = item.rows.L.map(({ M }, i) => ({ ...visible(M!), rank: String(i + 1) }));
      for (const row of ranked) rows.push(outputText(window, row));
    }
  }
  for (const rows of Object.values(outputs)) rows.sort();
  return outputs;
}

/** Equal to what SQLite makes of the accepted events, or Broken. */
export function compareOutputs(actual: Outputs, expected: Outputs, model: Model): void {
  for (const [stream, should] of Object.entries(expected)) {
    const is = actual[stream] ?? [];
    const missing = should.filter((row) => !is.includes(row));
    const wrong = is.filter((row) => !should.includes(row));
    if (missing.length + wrong.length === 0 && is.length === should.length) continue;
    throw new Broken({
      invariant: 'final',
      message: `${stream} differs from SQLite (${model.rows.length} accepted events)`,
      item: stream,
      expected: missing.join('\n  ') || 'no such row',
      actual: wrong.join('\n  ') || (missing.length > 0 ? 'no row' : 'a row twice'),
    });
  }
}

/** What a node publishes, by the node that keeps the result it is made from. */
const PUBLISHED = {
  AHEAD_PUMP: 'AHEAD',
  'TOP_ITEMS_PUMP/2': 'TOP_ITEMS',
  'ACTIVE_PUMP/2': 'ACTIVE',
};

/** What was made from a result was made from its last revision. */
export function checkAmendments(dump: ReadonlyMap<string, Attributes>, names: Names): void {
  for (const [node, stream] of Object.entries(PUBLISHED)) {
    const rows = itemsOf(dump, names.outputs[stream]!);
    for (const [place, state] of itemsOf(dump, names.state[node]!)) {
      if (place.includes('|item|')) continue;
      const revision = rows.get(place)?._rev?.N ?? null;
      const wasShown = node !== 'AHEAD_PUMP' || state._p !== undefined;
      if (revision === state._n!.N || (revision === null && !wasShown)) continue;
      const message = `${stream} has revision ${revision}, its source ${state._n!.N}`;
      throw new Broken({ invariant: 'amendments', message, item: `${stream} ${place}` });
    }
  }
}

/** The items under a name, by `window|sort key`: slots depend on the table. */
function itemsOf(dump: ReadonlyMap<string, Attributes>, owner: string): Map<string, Attributes> {
  const items = new Map<string, Attributes>();
  for (const [id, item] of dump) {
    if (!id.includes(`/app.${owner}#`)) continue;
    const [, window, sortKey] = /#([^#]*)#\d+\/(.*)$/s.exec(id)!;
    items.set(`${window}|${sortKey}`, item);
  }
  return items;
}
