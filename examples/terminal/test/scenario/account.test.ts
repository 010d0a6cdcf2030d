import { describe, expect, it } from 'vitest';
import { FakeDevice } from '../support/fake-device.ts';
import { fullScreen, shows, withAlice } from '../support/full-screen.ts';
import { startedRig } from '../support/session.ts';
import { KEY } from '../support/virtual-terminal.ts';

describe('/export', () => {
  it('writes what relays hold to a new file, as JSON', async () => {
    const { session, files, last } = await startedRig();
    expect(await session.enter('/export relay.json')).toBe(true);
    const text = new TextDecoder().decode(files.there.get('relay.json'));
    expect(JSON.parse(text)).toEqual({ about: 'what relays hold' });
    expect(last('exported')).toEqual({ type: 'exported', path: '/home/me/relay.json' });
    expect(await session.enter('/export relay.json')).toBe(false);
    expect(last('error')?.code).toBe('FILE_EXISTS');
  });
});

describe('/account-ttl', () => {
  it.each([
    ['1w', 1],
    ['3m', 13],
    ['6 months', 26],
    ['1y', 52],
    ['24m', 104],
    ['104w', 104],
  ])('%s', async (period, weeks) => {
    const { session, device, last } = await startedRig();
    expect(await session.enter(`/account-ttl ${period}`)).toBe(true);
    expect(device.accountTtlWeeks).toBe(weeks);
    expect(last('note')?.text).toContain(`${weeks} weeks`);
  });

  it('tells how long it is', async () => {
    const { session, last } = await startedRig();
    await session.enter('/account-ttl');
    expect(last('note')?.text).toContain('26 weeks');
  });
});

describe('/delete-account', () => {
  it('asks a person for a word, and deletes nothing without it', async () => {
    const { session, device, answers, questions, last } = await startedRig();
    answers.push('yes', undefined);
    expect(await session.enter('/delete-account')).toBe(false);
    expect(await session.enter('/delete-account')).toBe(false);
    expect(questions[0]).toContain('Type delete');
    expect(last('error')?.message).toContain('nothing was deleted');
    expect(device.deleting).toBe(false);
  });

  it('needs `yes` where nobody can be asked', async () => {
    const { session, device, questions, last } = await startedRig({ isScreen: false });
    expect(await session.enter('/delete-account')).toBe(false);
    expect(last('error')?.message).toContain('/delete-account yes');
    expect(questions).toEqual([]);
    expect(await session.enter('/delete-account yes')).toBe(true);
    expect(device.deleting).toBe(true);
  });

  it('leaves when everybody was told, without the key file', async () => {
    const { session, last } = await startedRig({ key: 'key-file' });
    await session.enter('/delete-account yes');
    expect(last('deleted')).toEqual({ type: 'deleted' });
    await session.left;
    expect(session.key.file).toMatchObject({ isThere: false });
  });

  it('says how many could not be told, and goes on at the next start without making an invite', async () => {
    const device = new FakeDevice();
    device.left = 3;
    const { session, last } = await startedRig({ device });
    await session.enter('/delete-account yes');
    expect(last('note')?.text).toContain('3 chats and relays');
    const again = await startedRig({ device });
    expect(again.last('note')?.text).toContain('is being deleted');
    expect(again.last('invite')).toBeUndefined();
    device.emit({ type: 'deleted' });
    await again.session.left;
  });

  it('takes the conversation off the screen', async () => {
    const { device, alice } = withAlice();
    device.left = 1;
    alice.receive('a secret');
    const rig = await fullScreen({ device });
    await shows(rig, 'a secret');
    rig.type(`/delete-account${KEY.enter}`);
    await shows(rig, 'Type delete');
    rig.type(`delete${KEY.enter}`);
    await expect.poll(() => rig.text()).not.toContain('a secret');
    await shows(rig, '1 chats and relays could not be told yet');
  });
});
