/** Runs before anything is painted, so that a theme that was chosen does not flash. */
export const THEME_SCRIPT: string = `
try{const t=localStorage.getItem('mcompress-theme');if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch{}
`

/**
 * What the page does beyond showing itself. Everything is there without it: it sorts, filters, copies, zooms, and
 * shows the controls for these. One function for each.
 */
export const PAGE_SCRIPT: string = `
'use strict';
const one=(selector,from=document)=>from.querySelector(selector);
const all=(selector,from=document)=>[...from.querySelectorAll(selector)];
for(const element of all('.needs-script'))element.hidden=false;

const themes=()=>{
  const button=one('#theme'),label=one('#theme-name'),root=document.documentElement,order=['auto','light','dark'];
  const show=()=>{label.textContent=root.dataset.theme||'auto'};
  button.addEventListener('click',()=>{
    const next=order[(order.indexOf(root.dataset.theme||'auto')+1)%3];
    if(next==='auto')delete root.dataset.theme;else root.dataset.theme=next;
    try{localStorage.setItem('mcompress-theme',next)}catch{}
    show();
  });
  show();
}

const sorting=(table)=>{
  const heads=all('thead th',table),body=one('tbody',table),collator=new Intl.Collator('en',{numeric:true});
  const original=[...body.rows];
  heads.forEach((head,column)=>{
    const button=one('.sort',head);
    if(!button)return;
    button.disabled=false;
    const numbers=original.some(row=>'n' in row.cells[column].dataset);
    const key=row=>{const cell=row.cells[column];return numbers?Number(cell.dataset.n):cell.textContent};
    button.addEventListener('click',()=>{
      const first=numbers?'descending':'ascending',second=numbers?'ascending':'descending';
      const now=head.getAttribute('aria-sort'),next=now===null?first:now===first?second:null;
      for(const other of heads)other.removeAttribute('aria-sort');
      if(next)head.setAttribute('aria-sort',next);
      const sign=next==='ascending'?1:-1;
      const keyed=original.map(row=>[key(row),row]);
      if(next)keyed.sort(([a],[b])=>sign*(numbers?a-b:collator.compare(a,b)));
      body.append(...keyed.map(([,row])=>row));
    });
  });
}

const filtering=(table,input,output)=>{
  const rows=[...one('tbody',table).rows];
  const textOf=row=>(row.textContent+' '+all('[title]',row).map(e=>e.title).join(' ')).toLowerCase();
  let texts=null;
  input.addEventListener('input',()=>{
    texts??=rows.map(textOf);
    const words=input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let n=0;
    rows.forEach((row,i)=>{const hit=words.every(word=>texts[i].includes(word));row.hidden=!hit;if(hit)n++});
    output.textContent=words.length===0?'':n+' of '+rows.length;
  });
}

const copying=(button)=>{
  button.addEventListener('click',async()=>{
    const source=document.getElementById(button.dataset.copy);
    try{await navigator.clipboard.writeText(source.textContent);button.textContent='Copied'}
    catch{getSelection().selectAllChildren(source);button.textContent='Selected'}
    setTimeout(()=>{button.textContent='Copy'},1600);
  });
}

const zooming=(icicle)=>{
  const tiles=all('.tile',icicle).map(element=>{
    const [x,width]=['x','width'].map(name=>parseFloat(element.getAttribute(name))/100);
    return {element,x,width,shown:width,row:Number(element.getAttribute('y'))};
  });
  const percent=value=>(value*100).toFixed(3)+'%';
  const zoom=({x,width})=>{
    for(const tile of tiles){
      const from=Math.max(0,(tile.x-x)/width),to=Math.min(1,(tile.x+tile.width-x)/width);
      tile.element.setAttribute('x',percent(from));
      tile.element.setAttribute('width',percent(Math.max(0,to-from)));
      tile.shown=Math.max(0,to-from);
      tile.element.style.display=shown(tile)?'':'none';
    }
    label();
  };
  const shown=tile=>tile.shown>0.0005;
  // Of the figure, as a tree that is not chosen has no width yet.
  const label=()=>{const room=icicle.closest('figure').clientWidth-40;for(const tile of tiles)tile.element.classList.toggle('tiny',tile.shown*room<34)};
  label();
  addEventListener('resize',label);
  const focus=tile=>{if(!tile)return;for(const t of tiles)t.element.tabIndex=-1;tile.element.tabIndex=0;tile.element.focus()};
  const middle=({x,width})=>x+width/2;
  const holds=(a,b)=>a.x-1e-4<=middle(b)&&middle(b)<=a.x+a.width+1e-4;
  for(const tile of tiles){
    tile.element.addEventListener('click',()=>{zoom(tile);focus(tile)});
    tile.element.addEventListener('keydown',event=>{
      const row=tiles.filter(t=>t.row===tile.row&&shown(t)),at=row.indexOf(tile);
      const above=tiles.filter(t=>t.row<tile.row&&holds(t,tile)).pop();
      const below=tiles.find(t=>t.row>tile.row&&shown(t)&&holds(tile,t));
      const moves={ArrowLeft:()=>focus(row[at-1]),ArrowRight:()=>focus(row[at+1]),ArrowUp:()=>focus(above),ArrowDown:()=>focus(below),
        Enter:()=>zoom(tile),' ':()=>zoom(tile),Escape:()=>{zoom(tiles[0]);focus(tiles[0])}};
      if(!moves[event.key])return;
      event.preventDefault();
      moves[event.key]();
    });
  }
}

const following=()=>{
  const links=new Map(all('nav a').map(link=>[link.getAttribute('href').slice(1),link]));
  const seen=new IntersectionObserver(entries=>{
    for(const {target,isIntersecting} of entries){
      if(!isIntersecting)continue;
      for(const link of links.values())link.removeAttribute('aria-current');
      links.get(target.id)?.setAttribute('aria-current','true');
    }
  },{rootMargin:'-20% 0px -70% 0px'});
  for(const id of links.keys())seen.observe(document.getElementById(id));
}

const printing=()=>{
  let closed=[];
  addEventListener('beforeprint',()=>{closed=all('details:not([open])');for(const each of closed)each.open=true});
  addEventListener('afterprint',()=>{for(const each of closed)each.open=false});
}

themes();
for(const table of all('#layer-table')){sorting(table);filtering(table,one('#filter'),one('#matches'))}
all('[data-copy]').forEach(copying);
all('.icicle').forEach(zooming);
following();
printing();
`
