import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { nodePieceTransport } from '../src/node/piece-transport.ts';
const dir = mkdtempSync('/tmp/mb/wire-');
const child = spawn(process.execPath, ['--conditions=@secret-chat/source','--import=tsx','src/program.ts','--port','0','--data',dir,'--piece-share','1'], { cwd: '/work/main/packages/relay', stdio: ['ignore','pipe','pipe'] });
const origin: string = await new Promise((r) => { let s=''; const f=(d: Buffer)=>{s+=d; const o=/relay started: (\S+)/.exec(s)?.[1]; if(o) r(o)}; child.stdout.on('data',f); child.stderr.on('data',f); });
const t = nodePieceTransport();
const N=256; const ids=Array.from({length:N},()=>new Uint8Array(randomBytes(32)));
const bytes=new Uint8Array(randomBytes(1<<20)); const deleteHash=new Uint8Array(32);
async function run(what: string, work:(i:number)=>Promise<unknown>){ const start=performance.now(); const c=process.cpuUsage(); let next=0; let lat=0;
 await Promise.all([0,1,2,3].map(async()=>{ while(next<N){const i=next++; const s=performance.now(); await work(i); lat+=performance.now()-s;} }));
 const s=(performance.now()-start)/1000; const u=process.cpuUsage(c); console.log(what, s.toFixed(2),'s', (N*1.048576/s).toFixed(0),'MB/s lat', (lat/N).toFixed(1),'ms cpu',((u.user+u.system)/1e6).toFixed(2)); }
const isChosen=true;
await run('put', (i)=>t.put({relay:origin,id:ids[i]!,isChosen},{bytes,deleteHash,ttlHours:168+(i%25)}));
await run('get', (i)=>t.get({relay:origin,id:ids[i]!,isChosen},1<<20));
await run('get', (i)=>t.get({relay:origin,id:ids[i]!,isChosen},1<<20));
t.close(); child.kill('SIGTERM'); await new Promise(r=>child.once('close',r)); rmSync(dir,{recursive:true});
