# Fractions of coordinates within 1, 2, 3 standard deviations of the truth, per axis: nine numbers, and the number of pairs.
# First file: x y z of the true atoms. Second: an extended XYZ. -v column=sigma or sigma_total.
# Pairs: the nearest true atom within 0.7 Å; the mean shift is removed, and once more with what pairs then.
BEGIN { n = m = 0 }
NR == FNR { for (a = 0; a < 3; a++) truth[n, a] = $(a + 1); n++; next }
FNR == 2 {
  match($0, /Properties=[^ ]*/)
  k = split(substr($0, RSTART + 11, RLENGTH - 11), word, ":")
  place = 1
  for (i = 1; i < k; i += 3) { if (word[i] == column) at = place; if (word[i] == "pos") pos = place; place += word[i + 2] }
  if (!at) { print "no column " column > "/dev/stderr"; exit 1 }
}
FNR > 2 { for (a = 0; a < 3; a++) { x[m, a] = $(pos + a); s[m, a] = $(at + a) } m++ }
function pair(  i, j, a, d, e, least) {
  pairs = 0
  for (i = 0; i < m; i++) {
    least = 0.49; partner[i] = -1
    for (j = 0; j < n; j++) {
      e = x[i, 2] - shift[2] - truth[j, 2]
      if (e > 0.7 || e < -0.7) continue
      d = e * e + (x[i, 0] - shift[0] - truth[j, 0]) ^ 2 + (x[i, 1] - shift[1] - truth[j, 1]) ^ 2
      if (d < least) { least = d; partner[i] = j }
    }
    pairs += partner[i] >= 0
  }
  for (a = 0; a < 3; a++) {
    e = 0
    for (i = 0; i < m; i++) if (partner[i] >= 0) e += x[i, a] - truth[partner[i], a]
    shift[a] = pairs ? e / pairs : 0
  }
}
END {
  if (!m || !n) exit 1
  pair(); pair()
  for (k = 1; k <= 3; k++)
    for (a = 0; a < 3; a++) {
      inside = 0
      for (i = 0; i < m; i++) {
        e = partner[i] < 0 ? 0 : x[i, a] - shift[a] - truth[partner[i], a]
        inside += partner[i] >= 0 && e * e <= k * k * s[i, a] * s[i, a]
      }
      printf "%.3f ", pairs ? inside / pairs : 0
    }
  print pairs
}
