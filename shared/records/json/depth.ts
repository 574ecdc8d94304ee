import { DEEPEST } from './skip.ts';

/**
 * Is JSON text nested deeper than a record may be? JSON.parse takes millions of levels, at 80 bytes
 * and more each, and whoever walks or writes down its value runs out of stack.
 */
export function isTooDeep(text: string): boolean {
  // Few brackets cannot nest deep, and finding them costs next to nothing.
  if (count(text, '[') + count(text, '{') <= DEEPEST) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
  return false;
}

/** How often it stands there; no further than where that is enough. */
function count(text: string, bracket: string): number {
  let found = 0;
  for (
    let i = text.indexOf(bracket);
    i >= 0 && found <= DEEPEST;
    i = text.indexOf(bracket, i + 1)
  ) {
    found++;
  }
  return found;
}
