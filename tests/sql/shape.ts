import type { Alias, Expr, From, Item, Name, Query, WindowSpec } from '../../shared/sql/ast.ts';

/** A syntax tree as one line of text, so that a test reads: this text has this shape. */
export function shape(expr: Expr): string {
  switch (expr.kind) {
    case 'literal':
      return expr.type === 'text' ? `'${expr.text}'` : `${expr.type}:${expr.text}`;
    case 'interval':
      return `interval(${[expr.text, expr.from, expr.to].filter(Boolean).join(' ')})`;
    case 'name':
      return expr.parts.map((part) => part.text).join('.');
    case 'unary':
      return `(${expr.op} ${shape(expr.arg)})`;
    case 'binary':
      return `(${shape(expr.left)} ${expr.op} ${shape(expr.right)})`;
    case 'is':
      return `(${shape(expr.arg)} is ${not(expr)}${expr.what})`;
    case 'like':
    case 'similar':
      return `(${shape(expr.arg)} ${not(expr)}${expr.kind} ${list([expr.pattern, expr.escape])})`;
    case 'between':
      return `(${shape(expr.arg)} ${not(expr)}between ${list([expr.low, expr.high])})`;
    case 'in':
      return `(${shape(expr.arg)} ${not(expr)}in [${list(expr.list)}])`;
    case 'case':
      return `case(${list([expr.base, ...expr.whens.flat(), expr.otherwise])})`;
    case 'cast':
      return `cast(${shape(expr.arg)}, ${expr.type.name}[${expr.type.args}])`;
    case 'bucket':
      return `${expr.fn}(${shape(expr.arg)}, ${expr.unit ?? shape(expr.by!)})`;
    case 'inUnit':
      return `in(${[shape(expr.arg), expr.unit, expr.to].filter(Boolean).join(', ')})`;
    case 'extract':
      return `extract(${expr.unit}, ${shape(expr.arg)})`;
    case 'keywordCall':
      return `${expr.fn}:(${list(expr.args)})`;
    case 'cursor':
      return `cursor(${queryShape(expr.query)})`;
    case 'call': {
      const args = expr.star ? '*' : `${expr.distinct ? 'distinct ' : ''}${list(expr.args)}`;
      const nulls = expr.nulls === null ? '' : ` ${expr.nulls} nulls`;
      return `${expr.name.text}(${args})${nulls}${over(expr.over)}`;
    }
  }
}

export function queryShape({ selects, order }: Query): string {
  const parts = selects.map((select) => {
    const { distinct, items, from, where, group, stagger, having, windows } = select;
    return [
      `select ${distinct ? 'distinct ' : ''}${items.map(itemShape).join(', ')}`,
      `from ${fromShape(from)}`,
      where && `where ${shape(where)}`,
      group && `group ${list(group.exprs)}`,
      stagger && `stagger ${list(stagger.partition)} range ${shape(stagger.range)}`,
      having && `having ${shape(having)}`,
      windows.length > 0 &&
        `window ${windows.map(({ name, spec }) => name.text + windowShape(spec)).join(', ')}`,
    ]
      .filter(Boolean)
      .join(' ');
  });
  const sorted = order?.items.map(({ expr, descending }) => shape(expr) + (descending ? '↓' : ''));
  return parts.join(' union ') + (sorted === undefined ? '' : ` order ${sorted.join(', ')}`);
}

function itemShape(item: Item): string {
  if (item.kind === 'star') return item.qualifier === null ? '*' : `${item.qualifier.text}.*`;
  return shape(item.expr) + (item.alias === null ? '' : `→${item.alias.text}`);
}

export function fromShape(from: From): string {
  switch (from.kind) {
    case 'stream':
      return from.name.text + over(from.over) + aliasShape(from.alias);
    case 'query':
      return `{${queryShape(from.query)}}${aliasShape(from.alias)}`;
    case 'table':
      return `table ${shape(from.call)}${aliasShape(from.alias)}`;
    case 'join': {
      const on = from.on === null ? '' : ` on ${shape(from.on)}`;
      return `[${fromShape(from.left)} ${from.join} ${fromShape(from.right)}${on}]`;
    }
  }
}

function aliasShape(alias: Alias | null): string {
  if (alias === null) return '';
  const columns = alias.columns?.map((column) => column.text);
  return `→${alias.name.text}${columns === undefined ? '' : `(${columns})`}`;
}

function over(window: WindowSpec | Name | null): string {
  if (window === null) return '';
  return ` over ${'text' in window ? window.text : windowShape(window)}`;
}

function windowShape({ partition, orderAt, frame }: WindowSpec): string {
  const parts: string[] = [];
  if (partition !== null) parts.push(`by ${list(partition)}`);
  if (orderAt !== null) parts.push('ordered');
  if (frame !== null) {
    const { mode, preceding, following } = frame;
    const size = typeof preceding === 'object' ? shape(preceding) : preceding;
    parts.push(`${mode} ${size}${following ? ' following' : ''}`);
  }
  return `(${parts.join(' ')})`;
}

function not(expr: { not: boolean }): string {
  return expr.not ? 'not ' : '';
}

function list(exprs: readonly (Expr | null)[]): string {
  return exprs
    .filter((expr) => expr !== null)
    .map(shape)
    .join(', ');
}
