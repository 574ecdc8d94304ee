const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads "30s", "5m", "48h" or "7d" as milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : null;
}

/** How to write what was probably meant: "48 hours" gives "48h"; null where that is not clear. */
export function mendDuration(text: string): string | null {
  const match = /^(\d{1,9}) *(s|m|h|d|w)[a-z]*$/i.exec(text);
  if (!match || /^\d+ *(ms|mo|us)/i.test(text)) return null;
  const unit = match[2]!.toLowerCase();
  return unit === 'w' ? `${Number(match[1]) * 7}d` : `${match[1]}${unit}`;
}
