/**
 * Opening a device, or making a new one.
 *
 * @module
 */

import { canonicalOrigin, encodeDeviceName, Identity, type RandomSource, ready } from '@secret-chat/crypto';
import { AccountDeletion } from '../account/account-deletion.ts';
import { ACCOUNT_DELETION, type AccountDeletionRecord } from '../account/deletion-record.ts';
import { Guard } from '../account/guard.ts';
import { DEFAULT_MOVES } from '../delivery/move-limits.ts';
import type { Device, OpenDeviceOptions } from '../device.ts';
import type { Effects } from '../effects.ts';
import { ClientError, isClientError } from '../errors.ts';
import { Invites } from '../invite/invites.ts';
import { Deadlines } from '../life/deadlines.ts';
import { LifeKeeper } from '../life/life-keeper.ts';
import { requireSafe } from '../link/may-reach.ts';
import { createRelayLinks } from '../link/relay-links.ts';
import { webSocketTransport } from '../link/web-socket-transport.ts';
import type { BlobStore } from '../media/blob-store.ts';
import { openTransfers } from '../media/open-transfers.ts';
import { systemEffects } from '../platform.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import { Vault } from '../vault/vault.ts';
import { Chats } from './chats.ts';
import type { DeviceContext } from './context.ts';
import { DEVICE, type DeviceRecord } from './device-record.ts';
import { DeviceState } from './device-state.ts';
import { Errands } from './errands.ts';
import { readEvent } from './event-reader.ts';
import { Journal } from './journal.ts';
import { KnownLinks } from './known-links.ts';
import { LiveDevice } from './live-device.ts';

/**
 * Opens the device in `store`, or makes one in an empty store, and connects it to its relays.
 *
 * @example
 * ```ts
 * const device = await openDevice({ store, passphrase, name: 'Alice', relay: 'wss://relay.example' });
 * device.subscribe((event) => event.type === 'message' && console.log(event.message));
 * const { link } = await device.createInvite();
 * ```
 *
 * @throws `ClientError` `WRONG_PASSPHRASE`, `STORE_…`; `UNSUPPORTED_PLATFORM`; `INVALID_ARGUMENT` for a new device without `name` or `relay`, or with
 * bad ones. Then the store is closed, and holds what it held; after `STORE_EXPIRED` and `STORE_ERASED` it holds nothing
 */
export async function openDevice(options: OpenDeviceOptions): Promise<Device> {
  try {
    await ready.catch((cause: unknown) => {
      throw new ClientError('UNSUPPORTED_PLATFORM', 'WebAssembly is missing here, or forbidden', { cause });
    });
    const random = options.random ?? systemEffects.random;
    const effects: Effects = { clock: options.clock ?? systemEffects.clock, random };
    const wanted = wantedSettings(options);
    const guard = new Guard(options.store);
    const vault = await guard.admit(effects.clock.wallMs(), async () =>
      (await Vault.exists(options.store))
        ? Vault.open(options.store, options, random)
        : newVault(options, requireSettings(wanted), random),
    );
    const deletion = await vault.get(ACCOUNT_DELETION, NO_SCOPE);
    const record = await readSettings(vault, deletion === undefined ? wanted : {});
    const device = await assemble(vault, record, effects, guard, deletion, options);
    await device.start(options.lockAfterMs).catch(async (error: unknown) => {
      await device.close().catch(() => {});
      throw error;
    });
    return device;
  } catch (error) {
    await options.store.close().catch(() => {});
    if (isClientError(error, 'STORE_EXPIRED', 'STORE_ERASED') && options.files !== undefined) {
      await removeBlobs(options.files);
    }
    throw error;
  }
}

interface Settings {
  readonly name: string;
  readonly relay: string;
  readonly allowsInsecure?: boolean;
}

/** Checks what was given, before anything is stored. */
function wantedSettings({ name, relay, allowInsecureRelays }: OpenDeviceOptions): Partial<Settings> {
  try {
    if (name !== undefined) {
      encodeDeviceName(name);
    }
    return {
      ...(name === undefined ? {} : { name }),
      ...(relay === undefined ? {} : { relay: canonicalOrigin(relay) }),
      ...(allowInsecureRelays === true ? { allowsInsecure: true } : {}),
    };
  } catch (error) {
    throw new ClientError('INVALID_ARGUMENT', (error as Error).message);
  }
}

function requireSettings({ name, relay, ...rest }: Partial<Settings>): Settings {
  if (name === undefined || relay === undefined) {
    throw new ClientError('INVALID_ARGUMENT', 'a new device needs a name and a relay');
  }
  requireSafe(relay, rest.allowsInsecure === true);
  return { name, relay, ...rest };
}

/** The vault and the device in it are made in one transaction. */
function newVault(options: OpenDeviceOptions, settings: Settings, random: RandomSource): Promise<Vault> {
  const record: DeviceRecord = { seed: random(32), ...settings, nextChat: 1, nextInvite: 1 };
  return Vault.create(options.store, options, {
    random,
    scrypt: options.scrypt,
    first: (transaction) => transaction.put(DEVICE, NO_SCOPE, 0, record),
  });
}

/** The stored record, with what the caller changes. @throws `ClientError` `STORE_DAMAGED` */
async function readSettings(vault: Vault, wanted: Partial<Settings>): Promise<DeviceRecord> {
  const stored = await vault.get(DEVICE, NO_SCOPE);
  if (stored === undefined) {
    throw new ClientError('STORE_DAMAGED', 'the vault holds no device');
  }
  const record: DeviceRecord = { ...stored, ...wanted };
  requireSafe(record.relay, record.allowsInsecure === true);
  const hasChanged = (['name', 'relay', 'allowsInsecure'] as const).some((field) => record[field] !== stored[field]);
  if (hasChanged) {
    const transaction = vault.begin();
    transaction.put(DEVICE, NO_SCOPE, 0, record);
    await transaction.commit();
  }
  return record;
}

async function assemble(
  vault: Vault,
  record: DeviceRecord,
  effects: Effects,
  guard: Guard,
  marked: AccountDeletionRecord | undefined,
  options: OpenDeviceOptions,
): Promise<LiveDevice> {
  const { transport, relayToken, moveMailboxes } = options;
  const life = await LifeKeeper.load(vault, effects.clock);
  const journal = await Journal.load(vault, effects.clock, async (entry) =>
    deletion.isMarked ? undefined : readEvent(chats, entry),
  );
  const deadlines = new Deadlines(vault, effects.clock, life, journal);
  const token = relayToken === undefined ? undefined : { origin: record.relay, token: relayToken };
  const links = new KnownLinks(
    createRelayLinks({
      ...{ transport: transport ?? webSocketTransport(), effects, token },
      allowsInsecure: record.allowsInsecure === true,
    }),
    (relay, link) => journal.tell({ type: 'link', relay, link }),
  );
  const transfers = await openTransfers(
    {
      vault,
      effects,
      relay: record.relay,
      tell: (event) => journal.tell(event),
      kick: (n) => chats.get(n)?.kick(),
    },
    options,
  );
  const identity = Identity.fromSeed(new Uint8Array(record.seed));
  const context: DeviceContext = { vault, effects, identity, links, journal, transfers, life, deadlines };
  const state = new DeviceState(vault, record);
  const errands = await Errands.load(vault, links, effects.clock, (n) => chats.isAccepted(n));
  const chats: Chats = new Chats(context, state, errands, { ...DEFAULT_MOVES, ...moveMailboxes });
  const invites = new Invites(context, errands, chats);
  chats.belongTo(invites);
  const deletion: AccountDeletion = new AccountDeletion(context, state, errands, marked?.startedAtMs);
  return new LiveDevice({ context, state, links, chats, invites, errands, guard, deletion });
}

/** What lies beside an erased store is noise, and goes, too. */
async function removeBlobs(files: BlobStore): Promise<void> {
  for (const name of await files.list()) {
    await files.remove(name);
  }
}
