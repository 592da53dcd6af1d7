# Scores nuclei.csv and events.csv of `track` against those of the simulator, by the places of the nuclei in the frame of their time.
# awk -v probability=0.8 -f track_score.awk TRUTH_NUCLEI TRUTH_EVENTS NUCLEI EVENTS
# prints: scripted, found with the probability, the least probability of a scripted event, events, spurious ones, spurious ones with the
# probability, the largest probability of a spurious event that is no fluctuation
BEGIN { FS = "," }
FNR == 1 { file++; next }
file == 1 { tx[$1, $2] = $4; ty[$1, $2] = $5; tz[$1, $2] = $6; truth[$1] = truth[$1] " " $2 }
file == 2 { scripted++; key[$1 "," $2 "," $3 "," sorted($4) "," sorted($5)] = 0 }
file == 3 { # the scripted nucleus nearest to it, within 6 Å
  n = split(truth[$1], number, " "); best = 6; own = "?" $2
  for (i = 1; i <= n; i++) {
    d = sqrt(($4 - tx[$1, number[i]]) ^ 2 + ($5 - ty[$1, number[i]]) ^ 2 + ($6 - tz[$1, number[i]]) ^ 2)
    if (d < best) { best = d; own = number[i] }
  }
  name[$1, $2] = own
}
file == 4 {
  events++
  k = $1 "," $2 "," $3 "," sorted(named($1, $4)) "," sorted(named($2, $5))
  if (k in key) { if ($6 > key[k]) key[k] = $6; next }
  spurious++; claimed += $6 >= probability
  if ($3 != "fluctuation" && $6 > worst) worst = $6
}
END {
  least = 1
  for (k in key) { found += key[k] >= probability; if (key[k] < least) least = key[k] }
  printf "%d %d %.4f %d %d %d %.4f\n", scripted, found, least, events, spurious, claimed, worst
}
function named(time, list, n, i, part, text) {
  n = split(list, part, ";")
  for (i = 1; i <= n; i++) text = text (i > 1 ? ";" : "") name[time, part[i]]
  return text
}
function sorted(list, n, i, j, part, keep, text) {
  n = split(list, part, ";")
  for (i = 2; i <= n; i++)
    for (j = i; j > 1 && part[j] "" < part[j - 1] ""; j--) { keep = part[j]; part[j] = part[j - 1]; part[j - 1] = keep }
  for (i = 1; i <= n; i++) text = text (i > 1 ? ";" : "") part[i]
  return text
}
