import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const DATA = new URL('../../../shared/data/', import.meta.url);

function linesOf(path: string): string[] | null {
  const file = new URL(path, DATA);
  if (!existsSync(file)) return null;
  return gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
}

/** Events of each minute of half an hour; null where the data is absent. */
export function readCloudTrail(): number[] | null {
  const lines = linesOf('cloudtrail/events.ndjson.gz');
  const minutes = lines?.map((line) =>
    Math.floor(Date.parse((JSON.parse(line) as { eventTime: string }).eventTime) / 60_000),
  );
  return minutes === undefined ? null : counted(minutes);
}

/** Lines of each hour (the file knows no finer time), and lines of each visitor. */
export function readWeblogs(): { hourly: number[]; hosts: Map<string, number> } | null {
  const lines = linesOf('weblogs/access.log.gz');
  if (lines === null) return null;
  const hosts = new Map<string, number>();
  const hours = lines.map((line) => {
    const [, host, day, hour] = /^(\S+).*?\[(\d+)\/May\/2015:(\d+)/.exec(line)!;
    hosts.set(host!, (hosts.get(host!) ?? 0) + 1);
    return Number(day) * 24 + Number(hour);
  });
  return { hourly: counted(hours), hosts };
}

/** How often each number from the lowest to the highest occurs. */
function counted(numbers: readonly number[]): number[] {
  const first = numbers.reduce((a, b) => Math.min(a, b));
  const last = numbers.reduce((a, b) => Math.max(a, b));
  const counts = new Array<number>(last - first + 1).fill(0);
  for (const number of numbers) counts[number - first]!++;
  return counts;
}
