import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from './image.ts';

export const PAUSE = 'drill.local/pause:1';

/** What containerd starts first in every pod. */
export function pauseImage(hyper: string): Image {
  const program = join(hyper, 'pause');
  const digest = createHash('sha256').update(readFileSync(program)).digest('hex').slice(0, 16);
  return {
    reference: PAUSE,
    entrypoint: ['/pause'],
    layers: [
      {
        name: 'pause',
        digest,
        fill: (root) => {
          copyFileSync(program, join(root, 'pause'));
          chmodSync(join(root, 'pause'), 0o755);
        },
      },
    ],
  };
}
