import { type Key, optionsRule, type Rule } from './rules.ts';
import { TYPE_SPELLINGS } from './sql-type.ts';

type Json = { readonly [key: string]: unknown };

/** The JSON Schema (draft 07, which editors' YAML plugins read) that says the same as a rule. */
export function jsonSchema(rule: Rule, title: string): Json {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title, ...toSchema(rule) };
}

function toSchema(rule: Rule): Json {
  switch (rule.kind) {
    case 'object': {
      const keys = Object.entries(rule.keys);
      const required = keys.filter(([, key]) => key.required).map(([name]) => name);
      const object = {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(keys.map(([name, key]) => [name, keySchema(key)])),
        ...(required.length > 0 ? { required } : {}),
        ...(rule.exactlyOne
          ? { oneOf: rule.exactlyOne.map((name) => ({ required: [name] })) }
          : {}),
      };
      if (rule.word) return { anyOf: [{ const: rule.word }, object] };
      return rule.short ? { anyOf: [keySchema(rule.keys[rule.short]!), object] } : object;
    }
    case 'map':
      return {
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: rule.names },
        additionalProperties: toSchema(rule.of),
      };
    case 'list':
      return { type: 'array', minItems: 1, items: toSchema(rule.of) };
    case 'whole':
      return { type: 'integer', minimum: rule.min, maximum: rule.max };
    case 'decimal':
      return { type: 'number', minimum: rule.min, maximum: rule.max };
    case 'only':
      return { const: rule.value };
    case 'duration': {
      const duration = { type: 'string', pattern: '^[0-9]{1,9}[smhd]$' };
      return rule.words ? { anyOf: [{ enum: rule.words }, duration] } : duration;
    }
    case 'choice':
      return rule.with
        ? { anyOf: [{ enum: rule.of }, toSchema(optionsRule(rule.with))] }
        : { enum: rule.of };
    case 'text':
      return { type: 'string', pattern: rule.pattern };
    case 'sqlType':
      return { type: 'string', pattern: sqlTypePattern() };
    case 'notBuilt':
      return { not: {} };
  }
}

function keySchema({ rule, about, default: value }: Key): Json {
  const range = rule.kind === 'duration' ? ` From ${rule.min} to ${rule.max}.` : '';
  const unbuilt = rule.kind === 'notBuilt' ? 'Not built yet: ' : '';
  return {
    description: `${unbuilt}${about}${range}`,
    ...toSchema(rule),
    ...(value === undefined ? {} : { default: value }),
  };
}

/** Patterns of JSON Schema know no flags, so each letter is given in both cases. */
function sqlTypePattern(): string {
  const spellings = Object.entries(TYPE_SPELLINGS).map(([spelling, { takes, bareLength }]) => {
    const word = spelling.replace(/[A-Z]/g, (c) => `[${c}${c.toLowerCase()}]`).replace(' ', ' +');
    if (takes === 'length') return `${word} *\\( *[0-9]+ *\\)${bareLength ? `|${word}` : ''}`;
    return takes === 'decimal' ? `${word}( *\\( *[0-9]+ *(, *[0-9]+ *)?\\))?` : word;
  });
  return `^(${spellings.join('|')})$`;
}
