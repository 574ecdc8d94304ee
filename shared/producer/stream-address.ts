/** A stream may be named by its ARN, which also finds one of another account. */
export function streamAddress(stream: string): { StreamName: string } | { StreamARN: string } {
  return stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream };
}
