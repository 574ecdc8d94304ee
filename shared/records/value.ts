/** What a field of a record is, before it is converted to its column's type. */
export const ABSENT = 0;
export const NUMBER = 1;
/** Text in ASCII, as it stands. */
export const ASCII = 2;
/** Text with other characters, as it stands. */
export const WIDE = 3;
/** Text with escapes. */
export const ESCAPED = 4;
export const TRUE = 5;
export const FALSE = 6;
export const OBJECT = 7;
export const ARRAY = 8;
