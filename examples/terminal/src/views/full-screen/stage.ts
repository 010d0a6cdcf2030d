/**
 * What is on the screen beside the input line: a chat or a panel, where the user is in it, and the latest note.
 *
 * @module
 */

import type { Chat, Device, Message } from '@secret-chat/client';
import { shortName } from '../../harmless.ts';
import type { SessionEvent } from '../../session-event.ts';
import { Deletions } from './deletions.ts';
import { entryRows, type Setting } from './entry-rows.ts';
import type { Header } from './header-row.ts';
import { noteOf } from './news.ts';
import { isOver, type Panel, panelOf } from './panels/panel.ts';
import type { Note, Scene, Screen } from './screen.ts';
import type { Size } from './terminal.ts';
import { Timeline } from './timeline.ts';
import { Transfers } from './transfers.ts';

/** What a stage needs of the view that it is in. */
export interface StageHost {
  readonly device: Device;
  readonly size: Size;
  readonly colourDepth: number;
  /** Unix time in milliseconds. */
  now(): number;
  /** The message as it may stand in the history. */
  veil(chat: number, message: Message): Message;
  /** A message that was opened is not seen any more. */
  viewerClosed(chat: number, n: number): void;
  /** There is something new to paint. */
  changed(): void;
  /** Messages of theirs are on the screen for the first time. */
  seen(chat: number, numbers: readonly number[]): void;
}

export class Stage {
  readonly #host: StageHost;
  /** Chats whose other side is typing. */
  readonly #typing: Set<number> = new Set();
  readonly #transfers: Transfers = new Transfers();
  readonly #deletions: Deletions = new Deletions();
  #profile = '';
  #note: Note | undefined;
  #panel: Panel | undefined;
  /** The panel that is being made; what was asked for before it is not shown any more. */
  #comingPanel: Promise<Panel> | undefined;
  #timeline: Timeline | undefined;
  #scroll = 0;
  #page = 1;

  constructor(host: StageHost) {
    this.#host = host;
  }

  get scene(): Omit<Scene, 'editor' | 'question'> {
    return {
      header: this.#header(),
      panel: this.#panel,
      entries: this.#timeline?.entries ?? [],
      setting: this.#setting(),
      scroll: this.#scroll,
      note: this.#note,
    };
  }

  /** A message was opened, and stands before everything else until it is closed. */
  get isViewing(): boolean {
    return this.#panel?.kind === 'viewer';
  }

  take(event: SessionEvent): void {
    this.#transfers.take(event);
    this.#deletions.take(event);
    if (event.type === 'ready') {
      this.#profile = event.profile;
    } else if (event.type === 'focus') {
      this.#enterChat(event.chat?.chat);
    } else if (event.type === 'history') {
      // It is what stands behind a panel.
      this.#show(undefined);
    } else if (event.type === 'typing') {
      this.#typing[event.typing ? 'add' : 'delete'](event.chat);
    }
    this.#takePanel(event);
    this.#takeHistory(event);
    this.#note = noteOf(event, this.#timeline?.chat, (chat) => this.#nameOf(chat)) ?? this.#note;
    this.#host.changed();
  }

  say(text: string): void {
    this.#note = { text, isError: false };
  }

  /** Back to the newest message of the chat, without a note. */
  clear(): void {
    this.#note = undefined;
    this.#show(undefined);
  }

  /** Up, or down if negative. */
  scrollBy(pages: number): void {
    const isPanel = this.#panel !== undefined;
    if (isPanel) {
      // It may take just the rows that an invite's code needs.
      this.#note = undefined;
    }
    // A panel is read from its top on, a history from its bottom.
    this.#scroll = Math.max(0, this.#scroll + pages * this.#page * (isPanel ? -1 : 1));
    if (!isPanel && this.#scroll === 0) {
      this.#timeline?.trim();
    }
  }

  /** This is what the user sees now. */
  painted(screen: Screen): void {
    this.#page = screen.page;
    this.#scroll = screen.scroll;
    const timeline = this.#timeline;
    if (timeline !== undefined && this.#panel === undefined) {
      this.#host.seen(timeline.chat, timeline.newlySeen(screen.shown));
      if (screen.atTop && !timeline.isComplete) {
        this.#afterwards(timeline, timeline.loadOlder());
      }
    }
  }

  #takePanel(event: SessionEvent): void {
    if (this.#panel !== undefined && isOver(this.#panel, event)) {
      this.#show(undefined);
    }
    // Who is in a chat is told of a request by the note; what can be seen once is not taken away from who looks at it.
    const isForLater = (event.type === 'request' && this.#timeline !== undefined) || this.isViewing;
    const coming = isForLater ? undefined : panelOf(event, this.#host.colourDepth, this.#host.device.chats);
    if (coming !== undefined) {
      this.#comingPanel = coming;
      coming.then((panel) => {
        if (coming === this.#comingPanel) {
          this.#show(panel);
          this.#host.changed();
        }
      });
    }
  }

  #show(panel: Panel | undefined): void {
    const viewed = this.#panel?.viewed;
    if (viewed !== undefined) {
      this.#host.viewerClosed(viewed.chat, viewed.message.n);
    }
    this.#panel = panel;
    this.#comingPanel = undefined;
    this.#scroll = 0;
  }

  #takeHistory(event: SessionEvent): void {
    const timeline = this.#timeline;
    const isHere = 'chat' in event && event.chat === timeline?.chat && timeline !== undefined;
    switch (event.type) {
      case 'message':
        if (event.message.from === 'them') {
          this.#typing.delete(event.chat);
        }
        if (isHere) {
          this.#keepPlace(event.message);
          this.#afterwards(timeline, timeline.take(event));
        }
        break;
      case 'state':
      case 'countdown':
      case 'destroyed':
      case 'missing':
      case 'file':
        if (isHere) {
          this.#afterwards(timeline, timeline.take(event));
        }
        break;
      case 'markedRead':
        if (isHere) {
          this.#afterwards(timeline, timeline.markRead(event.numbers));
        }
        break;
    }
  }

  /** Who has scrolled up keeps what they read where it is. */
  #keepPlace(coming: Message): void {
    if (this.#panel === undefined && this.#scroll > 0) {
      this.#scroll += entryRows(coming, this.#host.size.columns, this.#setting()).length;
    }
  }

  #enterChat(n: number | undefined): void {
    const chat = n === undefined ? undefined : this.#host.device.chat(n);
    this.#timeline = chat === undefined ? undefined : new Timeline(chat, (message) => this.#host.veil(chat.n, message));
    if (this.#timeline !== undefined) {
      if (!this.isViewing) {
        this.#show(undefined);
      }
      this.#afterwards(this.#timeline, this.#timeline.loadOlder());
    }
  }

  /** Paints when it is there; a device that is being closed has nothing more to show. */
  #afterwards(timeline: Timeline, loaded: Promise<void>): void {
    loaded.then(
      () => timeline === this.#timeline && this.#host.changed(),
      () => {},
    );
  }

  get #chat(): Chat | undefined {
    return this.#timeline === undefined ? undefined : this.#host.device.chat(this.#timeline.chat);
  }

  #setting(): Setting {
    const timeline = this.#timeline;
    return {
      theirs: timeline === undefined ? '' : this.#nameOf(timeline.chat),
      now: this.#host.now(),
      colourDepth: this.#host.colourDepth,
      quoted: (n) => timeline?.quoted(n),
      progress: (n) => (timeline === undefined ? undefined : this.#transfers.of(timeline.chat, n)),
    };
  }

  #nameOf(chat: number): string {
    return shortName(this.#host.device.chat(chat)?.name ?? '');
  }

  #header(): Header {
    const { device } = this.#host;
    const chat = this.#chat;
    const others = device.chats.filter(({ n }) => n !== chat?.n);
    return {
      chat:
        chat === undefined
          ? undefined
          : {
              n: chat.n,
              name: chat.name,
              state: chat.state,
              verified: chat.verified,
              timer: chat.timer,
              typing: this.#typing.has(chat.n),
              deletions: this.#deletions.waiting(chat.n),
            },
      links: device.links().map(({ link }) => link),
      unreadElsewhere: others.reduce((sum, { unread }) => sum + unread, 0),
      profile: this.#profile,
    };
  }
}
