import { benchConsume } from './consume.ts';
import { benchConsumer } from './consumer.ts';
import { benchDecode } from './decode.ts';
import { benchFormats } from './formats.ts';
import { benchHeat } from './heat.ts';
import { benchMemory } from './memory.ts';
import { benchProducer } from './producer.ts';
import { formatTable } from './table.ts';
import { benchTransform } from './transform.ts';

console.log(`Node ${process.version}. Figures of one run; compare the ratios, not the times.\n`);
const benches = [
  benchDecode,
  benchConsumer,
  benchConsume,
  benchHeat,
  benchFormats,
  benchProducer,
  benchTransform,
  benchMemory,
];
for (const bench of benches) {
  console.log(`${formatTable(await bench())}\n`);
}
