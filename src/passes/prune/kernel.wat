;; The two inner loops of pruning over float32 weights, four at a time. Words lie from byte 0 of the memory;
;; lengths in bytes are multiples of 16. A key is the bits of a magnitude: the word without its sign.
(module
  (memory (export "memory") 17)

  ;; What scan found, besides the number that it returns.
  (global $below (export "below") (mut i32) (i32.const 0))
  (global $zeros (export "zeros") (mut i32) (i32.const 0))
  (global $bad (export "bad") (mut i32) (i32.const 0))

  ;; Counts the keys below low, the zeros, and whether any is of Inf or NaN; copies the keys from low up to and
  ;; without low + span to $out, in order. Returns how many those are.
  (func (export "scan") (param $bytes i32) (param $low i32) (param $span i32) (param $out i32) (result i32)
    (local $at i32) (local $to i32) (local $mask i32)
    (local $key v128) (local $inside v128)
    (local $lows v128) (local $spans v128)
    (local $belows v128) (local $nils v128) (local $bads v128)
    (local.set $lows (i32x4.splat (local.get $low)))
    (local.set $spans (i32x4.splat (local.get $span)))
    (local.set $to (local.get $out))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $key
          (v128.and (v128.load (local.get $at)) (v128.const i32x4 0x7fffffff 0x7fffffff 0x7fffffff 0x7fffffff)))
        ;; a comparison that holds is -1
        (local.set $belows (i32x4.sub (local.get $belows) (i32x4.lt_s (local.get $key) (local.get $lows))))
        (local.set $nils
          (i32x4.sub (local.get $nils) (i32x4.eq (local.get $key) (v128.const i32x4 0 0 0 0))))
        (local.set $bads
          (v128.or (local.get $bads)
            (i32x4.gt_s (local.get $key) (v128.const i32x4 0x7f7fffff 0x7f7fffff 0x7f7fffff 0x7f7fffff))))
        (local.set $inside
          (i32x4.lt_u (i32x4.sub (local.get $key) (local.get $lows)) (local.get $spans)))
        (if (v128.any_true (local.get $inside))
          (then
            (local.set $mask (i32x4.bitmask (local.get $inside)))
            ;; each is written; the place only moves on behind those that count
            (i32.store (local.get $to) (i32x4.extract_lane 0 (local.get $key)))
            (local.set $to
              (i32.add (local.get $to) (i32.shl (i32.and (local.get $mask) (i32.const 1)) (i32.const 2))))
            (i32.store (local.get $to) (i32x4.extract_lane 1 (local.get $key)))
            (local.set $to
              (i32.add (local.get $to) (i32.shl (i32.and (local.get $mask) (i32.const 2)) (i32.const 1))))
            (i32.store (local.get $to) (i32x4.extract_lane 2 (local.get $key)))
            (local.set $to (i32.add (local.get $to) (i32.and (local.get $mask) (i32.const 4))))
            (i32.store (local.get $to) (i32x4.extract_lane 3 (local.get $key)))
            (local.set $to
              (i32.add (local.get $to) (i32.shr_u (i32.and (local.get $mask) (i32.const 8)) (i32.const 1))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (global.set $below (call $sum (local.get $belows)))
    (global.set $zeros (call $sum (local.get $nils)))
    (global.set $bad (v128.any_true (local.get $bads)))
    (i32.shr_u (i32.sub (local.get $to) (local.get $out)) (i32.const 2)))

  ;; Sets every word whose key is below $from to +0.
  (func (export "zero") (param $bytes i32) (param $from i32)
    (local $at i32) (local $word v128) (local $froms v128)
    (local.set $froms (i32x4.splat (local.get $from)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $word (v128.load (local.get $at)))
        (v128.store (local.get $at)
          (v128.andnot (local.get $word)
            (i32x4.lt_s
              (v128.and (local.get $word) (v128.const i32x4 0x7fffffff 0x7fffffff 0x7fffffff 0x7fffffff))
              (local.get $froms))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next))))

  (func $sum (param $lanes v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
      (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes))))))
