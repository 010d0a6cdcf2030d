/**
 * `npm run demo`: tells the story, and exits with 0 if everything that it checked holds.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { RelayView } from './relay-view.ts';
import { Report } from './report.ts';
import { tellStory } from './story.ts';

const folder = mkdtempSync(join(tmpdir(), 'secret-chat-demo-'));
const report = new Report();
try {
  const relay = await RelayView.start(join(folder, 'relay'));
  try {
    await tellStory(folder, relay, report);
  } finally {
    await relay.end();
  }
  process.exitCode = report.end() ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
