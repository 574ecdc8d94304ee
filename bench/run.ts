import { benchConsume } from './consume.ts';
import { benchConsumer } from './consumer.ts';
import { benchDecode } from './decode.ts';
import { benchFormats } from './formats.ts';
import { benchMemory } from './memory.ts';
import { formatTable } from './table.ts';

console.log(`Node ${process.version}. Figures of one run; compare the ratios, not the times.\n`);
for (const bench of [benchDecode, benchConsumer, benchConsume, benchFormats, benchMemory]) {
  console.log(`${formatTable(await bench())}\n`);
}
