import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datePattern, isDatePattern } from '../../../shared/sql/run/date-pattern.ts';
import { parseTimestamp, timestampText } from '../../../shared/sql/run/iso-time.ts';
import { codeOf } from './build.ts';

const SATURDAY = parseTimestamp('2026-05-02 13:05:09.250');
const MIDNIGHT = parseTimestamp('1999-12-31 00:00:00');

describe('writing', () => {
  it.each([
    ['y yy yyy yyyy yyyyy', '2026 26 2026 2026 02026'],
    ['M MM MMM MMMM', '5 05 May May'],
    ['d dd', '2 02'],
    ['E EEE EEEE', 'Sat Sat Saturday'],
    ['H HH h hh a', '13 13 1 01 PM'],
    ['m mm s ss S SSS SSSS', '5 05 9 09 250 250 0250'],
    ['z zzzz Z X', 'UTC Coordinated Universal Time +0000 Z'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", '2026-05-02T13:05:09.250Z'],
    ["h 'o''clock' '' a", "1 o'clock ' PM"],
    ['', ''],
  ])('%s', (pattern, text) => {
    expect(datePattern(pattern).format(SATURDAY)).toBe(text);
  });

  it('midnight, noon and names', () => {
    expect(datePattern('EEEE, MMMM d, yy h a HH').format(MIDNIGHT)).toBe(
      'Friday, December 31, 99 12 AM 00',
    );
    expect(datePattern('h a').format(MIDNIGHT + 43_200_000)).toBe('12 PM');
  });
});

/** Cases of the SQL reference: char-to-timestamp, template-strings-create-output-timestamps. */
describe('reading', () => {
  it.each([
    ['yyyy-MM-dd hh:mm:ss', '2009-09-16 03:15:24', '2009-09-16 03:15:24'],
    ['yyyy-MM-dd', '2009-09-16 03:15:24', '2009-09-16 00:00:00'],
    ['yyyy-hh-mm', '2009-09-16 03:15:24', '2009-01-01 09:16:00'],
    ['yyyy-mm', '2011-02-08 07:23:19', '2011-01-01 00:02:00'],
    ['yyyy hh', '2009 09 16 03:15:24', '2009-01-01 09:00:00'],
    ['yyyy', '09-16 03:15', '0009-01-01 00:00:00'],
    ['MMM dd, yyyy', 'March 7, 2010', '2010-03-07 00:00:00'],
    ['MMM dd,', 'March 7, 2010', '1970-03-07 00:00:00'],
    ['MMM dd,y', 'March 7, 2010', '2010-03-07 00:00:00'],
    ['MMM dd,y', 'March 7, 10', '0010-03-07 00:00:00'],
    ['M-d', '2-8', '1970-02-08 00:00:00'],
    ['MM-dd-yyyy', '06-23-2011 10:11:12', '2011-06-23 00:00:00'],
    ['dd-MM-yy hh:mm:ss', '23-06-11 10:11:12', '2011-06-23 10:11:12'],
    ['MM/dd/yy hh:mm:ss', '09/16/11 03:15:24', '2011-09-16 03:15:24'],
    ['yyyyMMddHHmmss', '20260502130509', '2026-05-02 13:05:09'],
    ['yyyyMMdd', '20260502130509', '2026-05-02 00:00:00'],
    ['yyMMdd', '990502', '1999-05-02 00:00:00'],
    ['yy', '1999', '1999-01-01 00:00:00'],
    ['h:mm a', '12:05 am', '1970-01-01 00:05:00'],
    ['h:mm a', '12:05 PM', '1970-01-01 12:05:00'],
    ['h:mm a', '1:05 PM', '1970-01-01 13:05:00'],
    ['a h', 'pm 3', '1970-01-01 15:00:00'],
    ['EEE MMM d', 'saturday MAY 2', '1970-05-02 00:00:00'],
    ['dd/MMM/yyyy:HH:mm:ss z', '02/May/2026:13:05:09 +0200', '2026-05-02 11:05:09'],
    ['HH:mm Z', '13:05 -0130', '1970-01-01 14:35:00'],
    ['HH:mm z', '13:05 PST', '1970-01-01 21:05:00'],
    ['HH:mm z', '13:05 GMT+01:00', '1970-01-01 12:05:00'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSX", '2026-05-02T13:05:09.250Z', '2026-05-02 13:05:09.250'],
    ['ss.SSS', '09.9', '1970-01-01 00:00:09.009'],
    ['ss.SSS', '09.123456', '1970-01-01 00:00:09.123'],
    ['dd  MM', '2   5', '1970-05-02 00:00:00'],
    ["'at' HH 'h'", 'at 7 h', '1970-01-01 07:00:00'],
    ['yyyy-MM-dd', '2024-02-29', '2024-02-29 00:00:00'],
  ])('%s of %s is %s', (pattern, text, expected) => {
    expect(timestampText(datePattern(pattern).parse(text))).toBe(expected);
  });

  it.each([
    ['MM/dd/yy hh:mm:ss', '2009/09/16 03:15:24'],
    ['yyyy hh', '2009-09-16 03:15:24'],
    ['M-d', '2011-2-8'],
    ['MMM dd yyyy', 'March 7, 2010'],
    ['dd/MM/yyyy', '2026-05-02'],
    ['yyyy-MM-dd', '2026-02-29'],
    ['yyyy-MM-dd', '2026-05'],
    ['yyyy-MM-dd', ''],
    ['yyyy-MM-dd', '0000-01-01'],
    ['hh', '13'],
    ['hh', '00'],
    ['HH', '24'],
    ['mm', '60'],
    ['HH', '-1'],
    ['MMM', 'Sprember'],
    ['HH z', '12 +'],
    ['yyyy', '123456789012345678'],
  ])('%s refuses %s', (pattern, text) => {
    expect(codeOf(() => datePattern(pattern).parse(text))).toBe('CAST');
  });

  it('refuses wrong patterns', () => {
    for (const pattern of ['YYYY', 'q', "'open", "it's"]) {
      expect(isDatePattern(pattern)).toBe(false);
      expect(codeOf(() => datePattern(pattern))).toBe('PATTERN');
    }
    expect(isDatePattern("yyyy 'it''s'")).toBe(true);
  });

  it('reads back what it writes', () => {
    const patterns = [
      'yyyy-MM-dd HH:mm:ss.SSS',
      "EEEE, d MMMM yyyy, hh 'h' mm:ss SSS a",
      'yyyyMMddHHmmssSSS',
      "SSS ss mm HH dd MMM yyyy z''Z",
    ];
    const time = fc.integer({ min: -30_000_000_000_000, max: 30_000_000_000_000 });
    fc.assert(
      fc.property(time, fc.constantFrom(...patterns), (value, pattern) => {
        const { format, parse } = datePattern(pattern);
        expect(parse(format(value))).toBe(value);
      }),
      { numRuns: 300 },
    );
  });
});
