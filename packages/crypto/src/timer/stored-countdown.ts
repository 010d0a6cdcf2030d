/**
 * A countdown as 16 bytes, so that it survives a restart.
 *
 * Spec: docs/protocol/timers.md §7.
 *
 * @module
 */

import { ByteReader, concat, u32, u64 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import type { Countdown, CountdownTerms } from './countdown.ts';
import { timerFromWire, timerToWire } from './timer-value.ts';

/** `version 1 ‖ kind 1 ‖ role 1 ‖ phase 1 ‖ timer 4 ‖ deadline 8`. */
export const COUNTDOWN_SIZE = 16;

const VERSION = 1;
// A code is the index in its list.
const KINDS = ['text', 'media'] as const;
const ROLES = ['sender', 'recipient'] as const;
const PHASES = ['kept', 'waiting', 'running', 'viewing', 'gone'] as const;

/** 16 bytes. */
export function serializeCountdown(countdown: Countdown): Uint8Array {
  const { kind, role, timer, phase } = countdown;
  const codes = Uint8Array.of(VERSION, KINDS.indexOf(kind), ROLES.indexOf(role), PHASES.indexOf(phase));
  return concat(codes, u32(timerToWire(timer)), u64(phase === 'running' ? countdown.deadlineMs : 0));
}

/**
 * Undoes {@link serializeCountdown}.
 *
 * @throws {@link CryptoError} `MALFORMED` for anything that it does not write; `UNSUPPORTED_VERSION`
 */
export function deserializeCountdown(bytes: Uint8Array): Countdown {
  const reader = new ByteReader(bytes, 'countdown');
  const version = reader.u8();
  if (version !== VERSION) {
    throw new CryptoError('UNSUPPORTED_VERSION', `countdown has version ${version}, not ${VERSION}`);
  }
  const kind = KINDS[reader.u8()];
  const role = ROLES[reader.u8()];
  const phase = PHASES[reader.u8()];
  const timer = timerFromWire(reader.u32());
  const deadlineMs = reader.u64();
  reader.end();
  if (kind === undefined || role === undefined || phase === undefined) {
    throw new CryptoError('MALFORMED', 'countdown has an unknown kind, role or phase');
  }
  const terms = { kind, role, timer };
  if (!phaseAllowed(phase, terms) || (deadlineMs !== 0) !== (phase === 'running')) {
    throw new CryptoError('MALFORMED', 'countdown is in a phase that its timer does not have');
  }
  return phase === 'running' ? { ...terms, phase, deadlineMs } : { ...terms, phase };
}

function phaseAllowed(phase: Countdown['phase'], { role, timer }: CountdownTerms): boolean {
  switch (phase) {
    case 'kept':
      return timer === 'off';
    case 'running':
      return typeof timer === 'number';
    case 'viewing':
      return timer === 'once' && role === 'recipient';
    case 'waiting':
    case 'gone':
      return timer !== 'off';
  }
}
