import type * as Ast from '../ast.ts';
import { type Binder, bind } from './expressions.ts';
import { intervalSpan } from './literals.ts';
import { nameHint } from './scope.ts';

/** The rules of a sliding window (dialect section 5; SR allowed-disallowed-window). */
export function checkWindow(b: Binder, spec: Ast.WindowSpec): void {
  for (const e of spec.partition ?? []) bind({ ...b, place: 'where' }, e);
  if (spec.orderAt !== null) {
    b.ctx.error(
      'WINDOW_ORDER_BY',
      spec.orderAt,
      'a window has no ORDER BY: its rows are in order of arrival',
      'leave ORDER BY out',
    );
  }
  const { frame } = spec;
  const unbounded = (message: string): void => {
    b.ctx.error(
      'UNBOUNDED_WINDOW',
      spec.at,
      message,
      "write RANGE INTERVAL '1' MINUTE PRECEDING, or ROWS 10 PRECEDING",
    );
  };
  if (frame === null) unbounded('a window needs RANGE or ROWS');
  else if (frame.preceding === 'unbounded') unbounded('a window cannot be UNBOUNDED');
  else if (frame.following) unbounded('a window cannot look at FOLLOWING rows');
  else if (typeof frame.preceding === 'object') intervalSpan(b.ctx, frame.preceding);
}

/** A window behind OVER: a name of the WINDOW clause, or the window itself. */
export function checkOver(b: Binder, over: Ast.WindowSpec | Ast.Name): void {
  if (!('text' in over)) checkWindow(b, over);
  else findWindow(b, over);
}

/** In FROM, where PARTITION BY is refused too. */
export function checkJoinWindow(b: Binder, over: Ast.WindowSpec | Ast.Name): void {
  checkOver(b, over);
  const spec = 'text' in over ? b.windows.get(over.text) : over;
  if (!spec?.partition) return;
  b.ctx.error(
    'WINDOW_PARTITION',
    spec.at,
    'the window of a joined stream has no PARTITION BY',
    'leave it out: the condition behind ON chooses the rows',
  );
}

function findWindow(b: Binder, name: Ast.Name): void {
  if (b.windows.has(name.text)) return;
  const hint = nameHint(b.ctx.text, name, [...b.windows.keys()]);
  b.ctx.error('UNKNOWN_WINDOW', name.at, `there is no window ${name.text}`, hint);
}
