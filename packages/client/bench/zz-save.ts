import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { randomFillSync } from 'node:crypto';
import { paddedCiphertextSize, platformAes256Gcm, decryptFile } from '@secret-chat/crypto';
import { spoolFile } from '../src/media/spool.ts';
import { blobBlocks } from '../src/media/blob-blocks.ts';
import { openBlobFolder } from '../src/node/index.ts';
import { systemEffects } from '../src/platform.ts';
const dir = mkdtempSync('/tmp/mb/save-'); const size=256<<20;
const blobs = await openBlobFolder(dir+'/b'); const blob = await blobs.create('a'.repeat(32), paddedCiphertextSize(size));
const aes = platformAes256Gcm(); const src=new Uint8Array(1<<20); randomFillSync(src);
async function time(what: string, f:()=>Promise<unknown>){ const c=process.cpuUsage(); const t=performance.now(); const r=await f(); const u=process.cpuUsage(c); console.log(what.padEnd(30),((performance.now()-t)/1000).toFixed(2),'s user',(u.user/1e6).toFixed(2),'sys',(u.system/1e6).toFixed(2),'rss',(process.resourceUsage().maxRSS/1024)|0); return r; }
const key:any = await time('spool (memory source)', ()=>spoolFile({size, open: async function*(){for(let i=0;i<256;i++) yield src} as any, aes, random: systemEffects.random, signal:new AbortController().signal, begin: async()=>blob, written: async()=>{}}));
for(let k=0;k<2;k++){
await time('read blocks only', async()=>{for await(const _ of blobBlocks(blob));});
await time('decrypt only', async()=>{for await(const _ of decryptFile(key,size,blobBlocks(blob),{provider:aes}));});
await time('decrypt+write overlap, no sync', async()=>{const h=await open(dir+'/o'+k,'wx');let w:any;let at=0;for await(const b of decryptFile(key,size,blobBlocks(blob),{provider:aes})){await w;w=h.write(b,0,b.length,at);at+=b.length} await w; await h.close()});
await time('decrypt+write overlap+sync', async()=>{const h=await open(dir+'/p'+k,'wx');let w:any;let at=0;for await(const b of decryptFile(key,size,blobBlocks(blob),{provider:aes})){await w;w=h.write(b,0,b.length,at);at+=b.length} await w; await h.sync();await h.close()});
}
rmSync(dir,{recursive:true});
