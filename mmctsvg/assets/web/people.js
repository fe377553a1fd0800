// The panels of the people: who, mixed with whom, doing what how strongly.
import { newPerson } from "./settings.js";

const MOST = 4;

function element(kind, properties = {}, ...children) {
  const found = Object.assign(document.createElement(kind), properties);
  found.append(...children);
  return found;
}

function slider(text, value, most, change) {
  const said = element("output", { textContent: value.toFixed(2) });
  const input = element("input", { type: "range", min: 0, max: most, step: 0.01, value });
  input.oninput = () => {
    said.textContent = Number(input.value).toFixed(2);
    change(Number(input.value));
  };
  return element("label", {}, text, input, said);
}

function choice(text, names, value, change) {
  const select = element("select", {}, ...names.map((name, n) => element("option", { value: n, textContent: name })));
  select.value = value;
  select.onchange = () => change(Number(select.value));
  return element("label", { className: "choice" }, text, select);
}

function panel(player, person, number) {
  const { model } = player, change = () => player.changed();
  const parts = [
    choice("Who", model.actors, person.actor, (n) => { person.actor = n; change(); }),
    choice("Mixed with", model.actors, person.other, (n) => { person.other = n; change(); }),
    slider("Share of that", person.mix, 1, (x) => { person.mix = x; change(); }),
    ...model.actions.map((name, n) => slider(name, person.actions[n], 2, (x) => { person.actions[n] = x; change(); })),
  ];
  return element("fieldset", {}, element("legend", { textContent: `Person ${number + 1}` }), ...parts);
}

export function describePerson(model, person) {
  const mixed = person.mix > 0 && person.other !== person.actor;
  const who = mixed ? `${model.actors[person.actor]} + ${model.actors[person.other]}` : model.actors[person.actor];
  const does = model.actions.filter((_, n) => person.actions[n] > 0).join(" + ");
  return does ? `${who}: ${does}` : who;
}

export function showPeople(player) {
  const { people } = player.settings;
  document.getElementById("people").replaceChildren(...people.map((person, n) => panel(player, person, n)));
  const add = document.getElementById("add"), remove = document.getElementById("remove");
  add.disabled = people.length === MOST;
  remove.disabled = people.length === 1;
  add.onclick = () => { people.push(newPerson(player.model, people.length)); player.peopleChanged(); };
  remove.onclick = () => { people.pop(); player.peopleChanged(); };
}
