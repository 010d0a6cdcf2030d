import { describe, expect, it, onTestFinished } from 'vitest';
import { type Launcher, ProgramProcess } from '../support/program-process.ts';
import { relayElsewhere } from '../support/relay-elsewhere.ts';

function start(
  args: readonly string[],
  launcher: Launcher = 'node',
  env?: Readonly<Record<string, string>>,
): ProgramProcess {
  const started = new ProgramProcess(launcher, args, env);
  onTestFinished(async () => {
    started.signal('SIGKILL');
    await started.exited;
  });
  return started;
}

describe('the program', () => {
  it('talks to another one, over a restart and a kill', async () => {
    const { relay, folder } = await relayElsewhere();
    const common = ['--data', folder, '--relay', relay];
    const alice = start([...common, '--profile', 'alice', '--name', 'Alice']);
    const { link } = await alice.told({ event: 'invite' });
    const bob = start([...common, '--profile', 'bob', '--name', 'Bob', String(link)]);
    await alice.told({ event: 'request', name: 'Bob' });
    alice.enter('/accept', 'hello');
    await bob.told({ event: 'message', from: 'them', text: 'hello' });
    await alice.told({ event: 'state', n: 1, state: 'read' });

    // Written while the other one is away, and killed before it could know.
    bob.signal('SIGKILL');
    await bob.exited;
    alice.enter('are you there?');
    await alice.told({ event: 'state', n: 2, state: 'sent' });
    alice.signal('SIGTERM');
    expect(await alice.exited).toBe(0);

    const again = start([...common, '--profile', 'bob']);
    await again.told({ event: 'ready', name: 'Bob', profile: 'bob' });
    await again.told({ event: 'message', from: 'them', text: 'are you there?' });
    again.enter('/reply 2 yes');
    again.child.stdin.end();
    expect(await again.exited).toBe(0);
    const alsoAgain = start([...common, '--profile', 'alice']);
    await alsoAgain.told({ event: 'message', from: 'them', text: 'yes', replyTo: 2 });
    expect([alice, bob, again, alsoAgain].flatMap(({ others }) => others)).toEqual([]);
  });

  it('takes the next free profile where the default one is in use; npm adds nothing to what it prints', async () => {
    const { relay, folder } = await relayElsewhere();
    const env = { XDG_DATA_HOME: folder, APPDATA: folder, HOME: folder };
    const [first, second] = [start(['--relay', relay], 'npm', env), start(['--relay', relay], 'npm', env)];
    const profiles = [await first.told({ event: 'ready' }), await second.told({ event: 'ready' })];
    expect(profiles.map(({ profile }) => profile).sort()).toEqual(['default', 'default-2']);
    expect([...first.others, ...second.others]).toEqual([]);
  });

  it('goes on without input and without a relay until it is told to end, and ends with 0', async () => {
    const { folder } = await relayElsewhere();
    // Nobody listens on the port of "discard".
    const lonely = start(['--data', folder, '--relay', 'ws://127.0.0.1:9']);
    lonely.child.stdin.end();
    await lonely.told({ event: 'link', state: 'waiting' });
    lonely.signal('SIGTERM');
    expect(await lonely.exited).toBe(0);
  });

  it('says what is wrong and ends with 1 when it cannot start', async () => {
    const { relay, folder } = await relayElsewhere();
    const started = start(['--data', folder, '--relay', relay, '--passphrase-file', `${folder}/missing`], 'npm');
    expect(await started.exited).toBe(1);
    expect(started.events).toEqual([
      { event: 'error', code: 'CANNOT_START', message: expect.stringContaining('ENOENT') },
    ]);
    expect(started.others).toEqual([]);
  });
});
