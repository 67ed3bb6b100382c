;; One look at float32 values, four at a time. Words lie from byte 0 of the memory; lengths in bytes are multiples
;; of 16, at most 512 KiB.
(module
  (memory (export "memory") 9)

  ;; What scan found, besides the zeros that it returns.
  (global $bad (export "bad") (mut i32) (i32.const 0))
  (global $min (export "min") (mut f32) (f32.const 0))
  (global $max (export "max") (mut f32) (f32.const 0))
  (global $sum (export "sum") (mut f64) (f64.const 0))
  (global $squares (export "squares") (mut f64) (f64.const 0))

  ;; Counts the zeros of either sign.
  (func (export "zeros") (param $bytes i32) (result i32)
    (local $at i32) (local $nils v128)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
        ;; a comparison that holds is -1; -0 equals 0, NaN equals nothing
        (local.set $nils
          (i32x4.sub (local.get $nils) (f32x4.eq (v128.load (local.get $at)) (v128.const f32x4 0 0 0 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (call $total (local.get $nils)))

  ;; Counts zeros, and what is Inf or NaN; finds the smallest and the largest value, and adds up values and squares.
  ;; With an Inf or NaN among them only the counts hold.
  (func (export "scan") (param $bytes i32) (result i32)
    (local $at i32)
    (local $word v128) (local $low v128) (local $high v128)
    (local $nils v128) (local $bads v128) (local $mins v128) (local $maxs v128)
    (local $sumLow v128) (local $sumHigh v128) (local $squaresLow v128) (local $squaresHigh v128)
    (local.set $mins (v128.const f32x4 inf inf inf inf))
    (local.set $maxs (v128.const f32x4 -inf -inf -inf -inf))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $word (v128.load (local.get $at)))
        (local.set $nils
          (i32x4.sub (local.get $nils) (f32x4.eq (local.get $word) (v128.const f32x4 0 0 0 0))))
        (local.set $bads
          (i32x4.sub (local.get $bads)
            (i32x4.gt_s
              (v128.and (local.get $word) (v128.const i32x4 0x7fffffff 0x7fffffff 0x7fffffff 0x7fffffff))
              (v128.const i32x4 0x7f7fffff 0x7f7fffff 0x7f7fffff 0x7f7fffff))))
        (local.set $mins (f32x4.pmin (local.get $mins) (local.get $word)))
        (local.set $maxs (f32x4.pmax (local.get $maxs) (local.get $word)))
        (local.set $low (f64x2.promote_low_f32x4 (local.get $word)))
        (local.set $high
          (f64x2.promote_low_f32x4
            (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $word) (local.get $word))))
        (local.set $sumLow (f64x2.add (local.get $sumLow) (local.get $low)))
        (local.set $sumHigh (f64x2.add (local.get $sumHigh) (local.get $high)))
        (local.set $squaresLow
          (f64x2.add (local.get $squaresLow) (f64x2.mul (local.get $low) (local.get $low))))
        (local.set $squaresHigh
          (f64x2.add (local.get $squaresHigh) (f64x2.mul (local.get $high) (local.get $high))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (global.set $bad (call $total (local.get $bads)))
    (global.set $min
      (f32.min
        (f32.min (f32x4.extract_lane 0 (local.get $mins)) (f32x4.extract_lane 1 (local.get $mins)))
        (f32.min (f32x4.extract_lane 2 (local.get $mins)) (f32x4.extract_lane 3 (local.get $mins)))))
    (global.set $max
      (f32.max
        (f32.max (f32x4.extract_lane 0 (local.get $maxs)) (f32x4.extract_lane 1 (local.get $maxs)))
        (f32.max (f32x4.extract_lane 2 (local.get $maxs)) (f32x4.extract_lane 3 (local.get $maxs)))))
    (global.set $sum (call $both (f64x2.add (local.get $sumLow) (local.get $sumHigh))))
    (global.set $squares (call $both (f64x2.add (local.get $squaresLow) (local.get $squaresHigh))))
    (call $total (local.get $nils)))

  ;; Adds every value to the counter of its bin, floor((value - $min) * $scale) and at most $last; returns how
  ;; many have a magnitude whose bits are at most $near. No value is below $min, Inf or NaN. Counters are i32, of lane n at
  ;; $counters + 1024 n: neighbours mostly fall into the same bin, and would wait for one another.
  (func (export "count")
    (param $bytes i32) (param $min f64) (param $scale f64) (param $last i32) (param $near i32) (param $counters i32)
    (result i32)
    (local $at i32) (local $place i32)
    (local $word v128) (local $bins v128) (local $nears v128)
    (local $mins v128) (local $scales v128) (local $lasts v128) (local $limits v128)
    (local.set $mins (f64x2.splat (local.get $min)))
    (local.set $scales (f64x2.splat (local.get $scale)))
    (local.set $lasts (i32x4.splat (local.get $last)))
    (local.set $limits (i32x4.splat (local.get $near)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $word (v128.load (local.get $at)))
        (local.set $nears
          (i32x4.sub (local.get $nears)
            (i32x4.le_s
              (v128.and (local.get $word) (v128.const i32x4 0x7fffffff 0x7fffffff 0x7fffffff 0x7fffffff))
              (local.get $limits))))
        (local.set $bins
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
            (i32x4.trunc_sat_f64x2_s_zero
              (f64x2.mul
                (f64x2.sub (f64x2.promote_low_f32x4 (local.get $word)) (local.get $mins))
                (local.get $scales)))
            (i32x4.trunc_sat_f64x2_s_zero
              (f64x2.mul
                (f64x2.sub
                  (f64x2.promote_low_f32x4
                    (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $word) (local.get $word)))
                  (local.get $mins))
                (local.get $scales)))))
        (local.set $bins
          (i32x4.shl (i32x4.min_s (local.get $bins) (local.get $lasts)) (i32.const 2)))
        (local.set $place (i32.add (local.get $counters) (i32x4.extract_lane 0 (local.get $bins))))
        (i32.store (local.get $place) (i32.add (i32.load (local.get $place)) (i32.const 1)))
        (local.set $place (i32.add (local.get $counters) (i32x4.extract_lane 1 (local.get $bins))))
        (i32.store offset=1024 (local.get $place)
          (i32.add (i32.load offset=1024 (local.get $place)) (i32.const 1)))
        (local.set $place (i32.add (local.get $counters) (i32x4.extract_lane 2 (local.get $bins))))
        (i32.store offset=2048 (local.get $place)
          (i32.add (i32.load offset=2048 (local.get $place)) (i32.const 1)))
        (local.set $place (i32.add (local.get $counters) (i32x4.extract_lane 3 (local.get $bins))))
        (i32.store offset=3072 (local.get $place)
          (i32.add (i32.load offset=3072 (local.get $place)) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (call $total (local.get $nears)))

  (func $total (param $lanes v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
      (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes)))))

  (func $both (param $lanes v128) (result f64)
    (f64.add (f64x2.extract_lane 0 (local.get $lanes)) (f64x2.extract_lane 1 (local.get $lanes)))))
